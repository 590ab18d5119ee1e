/** A matrix as a person makes one: a file with what the library has, completed, run, stopped, looked at and opened. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { ROOT } from '../support/paths.ts';
import { codeServerRoot } from './harness/codeServerRoot.ts';
import { seriousViolations } from './harness/accessibility.ts';
import { answerDialog } from './harness/fileDialog.ts';
import { poll } from './harness/poll.ts';
import { explorerContextMenu, notification, webview } from './harness/views.ts';
import { Session } from './session.ts';

const WORK_MS = 120_000;

describe('A matrix in VS Code', () => {
  let session: Session;
  let page: Page;
  let library: string;
  before(async () => {
    session = await Session.open(codeServerRoot());
    ({ page, library } = session);
  });
  // Undefined where it could not be opened.
  after(() => (session as Session | undefined)?.close());

  const pick = (label: string): Promise<void> =>
    page.locator('.quick-input-list .monaco-list-row', { hasText: label }).click();

  it('begins with a file of what the library has', async () => {
    await session.execute('portllm.matrix');
    await pick('New Matrix…');
    const file = join(library, 'first.portllm-matrix.yaml');
    await answerDialog(page, file);
    const text = await poll('the file', () => readFile(file, 'utf8').catch(() => undefined));
    assert.match(text, /\n {2}kind: \.\/patches\/kind\n/);
    assert.match(text, /\n {2}storyteller-v2: \.\/models\/storyteller-v2\n/);
    await page.locator('.tab', { hasText: 'first.portllm-matrix.yaml' }).waitFor();
  });

  it('completes keys, patches, bases and tasks', async () => {
    let files = 0;
    const suggested = (text: string): Promise<string[]> =>
      session.bridge.evaluate(
        async (vscode, { content, path }) => {
          const uri = vscode.Uri.file(path);
          await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(content));
          const document = await vscode.workspace.openTextDocument(uri);
          const list = await vscode.commands.executeCommand<{ items: { label: string | { label: string } }[] }>(
            'vscode.executeCompletionItemProvider',
            uri,
            document.lineAt(document.lineCount - 1).range.end,
          );
          return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
        },
        { content: text, path: join(library, `${files++}.portllm-matrix.yaml`) },
      );
    const has = async (text: string, wanted: readonly string[]): Promise<void> => {
      const found = await suggested(text);
      for (const one of wanted) assert.ok(found.includes(one), `${one} in ${found.join(', ')}`);
    };
    await has('tasks: []\n', ['patches', 'bases', 'retrained']);
    assert.ok(!(await suggested('tasks:  []\n')).includes('tasks'), 'what is there is not offered again');
    await has('patches:\n  ', ['kind', 'mood']);
    await has('# about\nbases:\n  ', ['storyteller-v1', 'storyteller-v2']);
    await has('# about tasks\ntasks:\n  - ', ['boolq', 'gsm8k']);
  });

  async function makeSpec(name: string, limit: number): Promise<void> {
    const spec = {
      patches: { kind: 'patches/kind', mood: 'patches/mood' },
      bases: { v1: 'models/storyteller-v1', v2: 'models/storyteller-v2' },
      tasks: ['kind', 'mood'].map((task) => join(ROOT, `samples/tasks/${task}.test.jsonl`)),
      retrained: { v2: { kind: join(ROOT, 'samples/reference/kind-retrained') } },
      limit,
    };
    await writeFile(join(library, `${name}.portllm-matrix.yaml`), JSON.stringify(spec));
  }

  it('is run by the menu of its file, and a cell opens its comparison', async () => {
    await makeSpec('small', 60);
    await (await explorerContextMenu(page, 'small.portllm-matrix.yaml')).click('Port and Evaluate Matrix…');
    const matrix = await webview(page, 'Matrix: small', WORK_MS);
    await matrix.getByText('14 of 14 parts are done').waitFor({ timeout: WORK_MS });
    await matrix.getByRole('button', { name: /^kind on v2, kind\.test: .* better \(p / }).waitFor();
    assert.equal((await matrix.locator('td.better').count()) > 2, true);
    for (const theme of ['Default Dark Modern', 'Default Light Modern', 'Default High Contrast']) {
      await session.setTheme(theme);
      assert.deepEqual(await seriousViolations(matrix), [], theme);
    }
    await matrix.getByRole('button', { name: /^kind on v2, kind\.test/ }).click();
    const comparison = await webview(page, 'Evaluation: kind on v2');
    await comparison.getByText(/^kind\.test.*: the port v2 \+ kind is \+/).waitFor();
  });

  it('that is stopped shows what it has, is found again with the window, and goes on', async () => {
    await session.execute('workbench.action.closeAllEditors');
    await makeSpec('long', 500);
    await session.execute('portllm.matrix');
    await pick('long.portllm-matrix.yaml');
    const matrix = await webview(page, 'Matrix: long', WORK_MS);
    await matrix.getByText(/^[^:]*: [1-9]\d* of 14 parts are done/).waitFor({ timeout: WORK_MS });
    await matrix.getByRole('button', { name: 'Stop' }).click();
    await matrix.getByRole('button', { name: 'Continue' }).waitFor();
    await session.reload();
    const again = await webview(page, 'Matrix: long', WORK_MS);
    await again.getByRole('button', { name: 'Continue' }).click();
    await again.getByText('14 of 14 parts are done').waitFor({ timeout: WORK_MS });
  });

  it('that cannot be read is said with the file and the reason', async () => {
    await writeFile(join(library, 'wrong.portllm-matrix.yaml'), 'patches: {a: patches/kind}\nbase: x\n');
    await (await explorerContextMenu(page, 'wrong.portllm-matrix.yaml')).click('Port and Evaluate Matrix…');
    const said = await notification(page, 'wrong.portllm-matrix.yaml');
    assert.match(await said.text(), /bases/);
  });
});
