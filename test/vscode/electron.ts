/** `npm run test:electron`: the suite in desktop VS Code, where it can be downloaded or VSCODE_PATH names one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { ROOT } from '../support/paths.ts';
import { prepareSuite } from './prepareSuite.ts';

const scratch = await mkdtemp(join(tmpdir(), 'portllm suite-'));
try {
  const { workspace, ported, results, suite } = await prepareSuite(scratch);
  const vscodeExecutablePath = process.env.VSCODE_PATH;
  process.exitCode = await runTests({
    ...(vscodeExecutablePath === undefined ? {} : { vscodeExecutablePath }),
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: suite,
    extensionTestsEnv: { PORTLLM_PORTED: ported, PORTLLM_RESULTS: results },
    launchArgs: [workspace, '--disable-extensions', '--skip-welcome', '--disable-workspace-trust'],
  });
} finally {
  await rm(scratch, { recursive: true, force: true });
}
