/** A folder from a stranger: everything that would do more than read headers is refused, in words, and no process starts. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT } from '../support/paths.ts';
import { processesWith } from '../support/processes.ts';
import { codeServerRoot } from './harness/codeServerRoot.ts';
import { notification } from './harness/notifications.ts';
import { treeItem, openViewContainer, webview } from './harness/views.ts';
import { Session } from './session.ts';

const COMMANDS = ['port', 'extract', 'diagnose', 'evaluate', 'verify', 'compareResults', 'openEvaluation'] as const;

describe('An untrusted workspace', () => {
  let session: Session;
  let running: readonly number[];

  before(async () => {
    running = await workers();
    session = await Session.open(codeServerRoot(), { restricted: true });
  });

  // Undefined where it could not be opened.
  after(() => (session as Session | undefined)?.close());

  const fileNames = async (): Promise<string[]> => (await readdir(session.library, { recursive: true })).sort();

  it('is one', async () => {
    assert.equal(await session.bridge.evaluate((vscode) => vscode.workspace.isTrusted, undefined), false);
  });

  it('lists models and patches', async () => {
    await openViewContainer(session.page, 'PortLLM');
    await treeItem(session.page, 'storyteller-v2').first().waitFor();
  });

  for (const command of COMMANDS)
    it(`refuses ${command}, writes nothing and starts nothing`, async () => {
      const files = await fileNames();
      const patch = join(session.library, 'patches', 'mood');
      // Awaited: the next message must not be cleared with the last one.
      await session.bridge.evaluate(async (vscode, name) => {
        await vscode.commands.executeCommand(name);
      }, 'notifications.clearAll');
      await session.execute(`portllm.${command}`, patch);
      assert.match(await (await notification(session.page, 'needs a trusted workspace')).text(), /trusted workspace/);
      assert.deepEqual(await workers(), running);
      assert.deepEqual(await fileNames(), files);
    });

  it('shows a header, and no norms', async () => {
    const file = join(session.library, 'patches', 'mood', 'adapter_model.safetensors');
    await session.bridge.evaluate(
      (vscode, path) =>
        void vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(path), 'portllm.safetensors'),
      file,
    );
    const view = await webview(session.page, 'adapter_model.safetensors');
    await view.getByRole('tree').waitFor();
    assert.deepEqual(await workers(), running);
  });
});

/** Our worker processes on this machine. */
function workers(): Promise<number[]> {
  return processesWith('cmdline', join(ROOT, 'dist', 'worker.js'));
}
