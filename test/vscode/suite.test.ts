/** The suite inside the extension host, with its exit code read back. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Browser } from 'playwright-core';
import { ROOT } from '../support/paths.ts';
import { codeServerRoot } from './harness/codeServerRoot.ts';
import { launchBrowser } from './harness/browser.ts';
import { startServer } from './harness/server.ts';
import { openWorkbench } from './harness/workbench.ts';
import { prepareSuite } from './prepareSuite.ts';

it('the suite passes inside the extension host', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'portllm suite-'));
  const { workspace, ported, results, suite } = await prepareSuite(scratch);
  const settings = { 'portllm.library.huggingFaceCache': false };
  const server = await startServer({
    codeServerRoot: codeServerRoot(),
    nodePath: process.execPath,
    settings,
    smokeTestDriver: true,
  });
  let browser: Browser | undefined;
  try {
    browser = await launchBrowser();
    const workbench = await openWorkbench(browser, server, {
      folder: workspace,
      extensionDevelopmentPath: ROOT,
      extensionTestsPath: suite,
      environment: { PORTLLM_PORTED: ported, PORTLLM_RESULTS: results },
    });
    const { code, log } = await workbench.exited;
    assert.equal(code, 0, log);
    // The last lines may come too late for the log; run() ends only when every check has passed.
    assert.match(log, /ok registers every command/);
  } finally {
    await browser?.close();
    await server.stop();
    await rm(scratch, { recursive: true, force: true });
  }
});
