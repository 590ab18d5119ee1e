/** The WebGPU provider without a GPU: Chromium's software Vulkan driver (reference: SwiftShader). */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { addUlpDifferences } from '../../support/ulp.ts';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { WorkerClient } from '../../../src/worker/client.ts';
import { GOLDEN, ROOT, temporaryFolder } from '../../support/paths.ts';

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

describe('WebGPU in software', { skip: existsSync(DRIVER) ? false : `${DRIVER} is not there` }, () => {
  it("agrees with the CPU in the self-check and with PEFT's merge in a port", async (test) => {
    // The driver must be named before the process starts; the worker inherits it.
    process.env.VK_DRIVER_FILES = DRIVER;
    const client = new WorkerClient({ entry: join(ROOT, 'dist/worker.js'), idleMs: 60_000, log: () => undefined });
    try {
      const report = await client.call('device', { device: 'webgpu' });
      assert.equal(report.warning, undefined, JSON.stringify(report));
      assert.equal(report.used, 'webgpu');
      test.diagnostic(await comparePort(client));
    } finally {
      delete process.env.VK_DRIVER_FILES;
      await client.stop();
    }
  });
});

/** @returns in words how many elements differ from PEFT's */
async function comparePort(client: WorkerClient): Promise<string> {
  await using folder = await temporaryFolder();
  const golden = join(GOLDEN, 'llama-bf16');
  const out = join(folder.path, 'out');
  const request = { patch: join(golden, 'patch'), onto: join(golden, 'new'), out, as: 'checkpoint', scale: 1 } as const;
  const { provenance } = await client.call('port', { request, device: 'webgpu' });
  assert.equal(provenance.device, 'webgpu');
  await using merged = await TensorFile.open(join(golden, 'merged.safetensors'));
  await using ported = await Checkpoint.open(out);
  const totals = { different: 0, worst: 0 };
  let elements = 0;
  for (const name of merged.header.tensors.keys()) {
    const actual = await ported.tensors.get(name)!.shard.file.readTensor(name);
    elements += actual.length / 2;
    addUlpDifferences(actual, await merged.readTensor(name), 'BF16', totals);
  }
  // Its order of summation is its own: some near-ties fall to the other side (2 of 92,160 here).
  assert.ok(totals.worst <= 1 && totals.different <= elements / 10_000, JSON.stringify({ ...totals, elements }));
  const verified = await client.call('verify', { folder: out, device: 'cpu' });
  assert.deepEqual(verified.problems, []);
  return `${totals.different} of ${elements} elements differ from PEFT's merge, by one unit in the last place`;
}
