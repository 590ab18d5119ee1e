/**
 * Networks on the WebGPU provider without a GPU: Chromium's software Vulkan driver. It needs seconds for each shader, so two
 * cases stand for all: bfloat16 with soft caps and windows, and float16 in shards. `test/support/webgpuModels.ts` runs any others.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../../support/paths.ts';
import type { WebgpuReport } from '../../support/webgpuModels.ts';

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const TOLERANCE = 1e-4;

describe('WebGPU in software', { skip: existsSync(DRIVER) ? false : `${DRIVER} is not there` }, () => {
  it("passes the self-check and computes transformers' answers", async (test) => {
    const script = join(ROOT, 'test/support/webgpuModels.ts');
    const env = { ...process.env, VK_DRIVER_FILES: DRIVER };
    const { stdout } = await promisify(execFile)(process.execPath, [script, 'check', 'gemma2', 'llama-f16-sharded'], {
      env,
    });
    const { check, cases } = JSON.parse(stdout) as WebgpuReport;
    assert.ok(check?.ok === true && check.worst < TOLERANCE, JSON.stringify(check));
    assert.equal(Object.keys(cases).length, 2);
    for (const [name, { logits, logLikelihood, tokens }] of Object.entries(cases)) {
      assert.ok(logits <= TOLERANCE && logLikelihood <= TOLERANCE, `${name}: ${logits}, ${logLikelihood}`);
      assert.equal(tokens[0], tokens[1], name);
    }
    test.diagnostic(JSON.stringify({ check, cases }));
  });
});
