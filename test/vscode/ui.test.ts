/** The extension as a person meets it: a real VS Code in a real browser, driven by clicks. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { codeServerRoot } from './harness/codeServerRoot.ts';
import { isKnownNoise } from './harness/noise.ts';
import { poll } from './harness/poll.ts';
import {
  type ContextMenu,
  contextMenu,
  explorerContextMenu,
  notification,
  openViewContainer,
  treeItem,
  webview,
} from './harness/views.ts';
import { Session } from './session.ts';

const EXTENSION_ID = 'portllm.portllm';
const EVALUATION_MS = 120_000;
/** What is answered about the patch, but for how much is evaluated. */
const KIND = { base: 'storyteller-v2', oldBase: 'storyteller-v1', retrained: 'Skip', task: 'kind.test.jsonl' };

describe('PortLLM in VS Code', () => {
  let session: Session;
  let library: string;
  let page: Page;

  before(async () => {
    session = await Session.open(codeServerRoot());
    ({ library, page } = session);
  });

  // Undefined where it could not be opened.
  after(() => (session as Session | undefined)?.close());

  it('activates without starting a process', async () => {
    const isActive = await session.bridge.evaluate(async (vscode, id) => {
      const extension = vscode.extensions.getExtension(id);
      await extension?.activate();
      return extension?.isActive;
    }, EXTENSION_ID);
    assert.equal(isActive, true);
  });

  it('contributes exactly the commands that it registers', async () => {
    const { declared, registered } = await session.bridge.evaluate(async (vscode, id) => {
      const manifest = vscode.extensions.getExtension(id)?.packageJSON as {
        contributes: { commands: { command: string }[] };
      };
      const all = await vscode.commands.getCommands(true);
      return {
        declared: manifest.contributes.commands.map(({ command }) => command).sort(),
        registered: all
          .filter(
            (name) =>
              name.startsWith('portllm.') &&
              !/\.(focus|open|resetViewLocation|removeView|toggleVisibility)$/.test(name),
          )
          .sort(),
      };
    }, EXTENSION_ID);
    assert.deepEqual(registered, declared);
  });

  it('lists base models, patches and their lineage', async () => {
    await openViewContainer(page, 'PortLLM');
    for (const name of ['Base Models', 'Patches', 'storyteller-v1', 'storyteller-v2', 'mood', 'kind'])
      await treeItem(page, name).first().waitFor();
    await treeItem(page, 'storyteller-v1').first().click();
    await page.keyboard.press('ArrowRight');
    await poll('the patches below their base', async () =>
      (await treeItem(page, 'mood').count()) === 2 ? true : undefined,
    );
    assert.match(await treeItem(page, 'storyteller-v2').first().innerText(), /BF16 · 1\.44M · 2\.89 MB/);
    await treeItem(page, 'broken').first().waitFor();
    assert.match(await treeItem(page, 'broken').first().innerText(), /cannot be used/);
  });

  it('notices folders that are moved into place and that go', async () => {
    const aside = join(library, '..', 'late-patch');
    await cp(join(library, 'patches', 'mood'), aside, { recursive: true });
    await rename(aside, join(library, 'patches', 'late-patch'));
    await treeItem(page, 'late-patch').first().waitFor();
    await rm(join(library, 'patches', 'late-patch'), { recursive: true });
    await poll('the row to go', async () => ((await treeItem(page, 'late-patch').count()) === 0 ? true : undefined));
  });

  it('offers Port Patch… on checkpoint folders of the explorer, and on no other', async () => {
    await openViewContainer(page, 'Explorer');
    await treeItem(page, 'models').click();
    await treeItem(page, 'storyteller-v2').waitFor();
    const other = await explorerContextMenu(page, 'models');
    assert.ok(!other.labels.some((label) => label.includes('Port Patch')), other.labels.join());
    await other.close();
    const menu = await explorerContextMenu(page, 'storyteller-v2');
    assert.ok(menu.labels.includes('Port Patch…'), menu.labels.join());
    await menu.click('Port Patch…');
  });

  it('ports by clicks, from the right-click to the finished report', async () => {
    const out = join(library, 'ported', 'mood-on-v2');
    await session.answerWizard({ patch: 'mood', kind: 'Patched checkpoint', out });
    const plan = await webview(page, 'Port Plan: mood');
    await plan.getByText('42 of 56 tensors will change').waitFor();
    assert.deepEqual(
      await readdir(library),
      ['big', 'broken', 'models', 'patches', 'tasks'],
      'nothing is written before the plan is accepted',
    );
    await session.acceptPlan('mood');
    const done = await notification(page, 'Ported mood onto storyteller-v2');
    await done.click('Open Report');
    const report = await webview(page, 'Report: mood-on-v2');
    await report.getByText('84 of 84 patch tensors were ported').waitFor();
    assert.equal(await report.locator('.heatmap .cell[role=img]').count(), 42);
    const written = await readdir(out);
    assert.ok(written.includes('portllm.json') && written.includes('model-00003-of-00003.safetensors'), written.join());
  });

  it('keeps the chosen measure while the report is hidden, and works by keyboard', async () => {
    const title = 'Report: mood-on-v2';
    const report = await webview(page, title);
    await report.locator('vscode-dropdown[aria-label="Show"]').click();
    await report.getByRole('option', { name: 'Rounding: Lost to rounding' }).click();
    await report.getByText('Error of the delta that arrived').waitFor();
    await session.execute('workbench.action.files.newUntitledFile');
    await poll('the report to be hidden', async () =>
      (await page.locator('iframe.webview.ready').count()) === 0 ? true : undefined,
    );
    await session.execute('workbench.action.closeActiveEditor');
    const again = await webview(page, title);
    await again.getByText('Error of the delta that arrived').waitFor();
    await again.locator('.heatmap .cell[tabindex="0"]').press('ArrowDown');
    await again.locator('.tooltip', { hasText: /layers\.0\.self_attn\.k_proj\.weightLost to rounding = / }).waitFor();
  });

  it('shows the ported model in the tree with both parents', async () => {
    await openViewContainer(page, 'PortLLM');
    await treeItem(page, 'mood-on-v2').first().click();
    await page.keyboard.press('ArrowRight');
    await page.locator('.monaco-list-row', { hasText: 'new base' }).waitFor();
    await page.locator('.monaco-list-row', { hasText: /mood\s*patch/ }).waitFor();
  });

  for (const [kind, row, offered, withheld] of [
    [
      'a base model',
      'storyteller-v2',
      ['Port Patch…', 'Extract Patch…', 'Diagnose…', 'Evaluate…', 'Show Tensors'],
      'Verify',
    ],
    ['a patch', 'kind', ['Port Patch…', 'Diagnose…', 'Evaluate…', 'Show Tensors'], 'Extract Patch…'],
    ['a ported model', 'mood-on-v2', ['Open Port Report', 'Verify Ported Model', 'Evaluate…', 'Show Tensors'], ''],
  ] as const)
    it(`offers on ${kind} what can be done with it`, async () => {
      await openViewContainer(page, 'PortLLM');
      const menu = await contextMenu(page, treeItem(page, row).first());
      for (const label of offered) assert.ok(menu.labels.includes(label), `${label}: ${menu.labels.join()}`);
      assert.ok(withheld === '' || !menu.labels.includes(withheld), menu.labels.join());
      await menu.close();
    });

  it('shows the tensors of a patch', async () => {
    await session.execute('portllm.showTensors', join(library, 'patches', 'kind'));
    const view = await webview(page, 'adapter_model.safetensors');
    await view.getByText('portllm/storyteller-v1', { exact: true }).waitFor();
  });

  it('verifies a ported model', async () => {
    await session.execute('portllm.verify', join(library, 'ported', 'mood-on-v2'));
    const done = await notification(page, 'mood-on-v2 is as it was written');
    assert.match(await done.text(), /42 tensors computed again/);
  });

  it('says what stands in the way of a patch that does not fit, and writes nothing', async () => {
    await session.execute('portllm.port', join(library, 'patches', 'kind'));
    await session.answerWizard({ base: 'huge', kind: 'Re-based adapter', out: join(library, 'nothing') });
    const plan = await webview(page, 'Port Plan: kind');
    await plan.getByText('This patch cannot be ported onto this base.').waitFor();
    await plan.getByText('has no tensor model.layers.0.self_attn.q_proj.weight').first().waitFor();
    assert.equal(await plan.locator('vscode-button[disabled]', { hasText: 'Port' }).count(), 1);
    await plan.getByRole('button', { name: 'Cancel' }).click();
    assert.ok(!(await readdir(library)).includes('nothing'));
  });

  it('asks step by step what is evaluated, goes back, and does nothing when it is given up', async () => {
    const { wizard } = session;
    await session.execute('portllm.evaluate', join(library, 'patches', 'kind'));
    await wizard.choose('storyteller-v2');
    await page.locator('.quick-input-list', { hasText: 'the patch names it as its base' }).waitFor();
    await wizard.waitForTitle('Evaluate (2/7)');
    await wizard.back();
    await wizard.waitForTitle('Evaluate (1/7)');
    await wizard.choose('storyteller-v1');
    await wizard.waitForTitle('Evaluate (2/5)');
    await wizard.cancel();
    const models = ['storyteller-v1', 'storyteller-v2'].map((name) => join(library, 'models', name));
    await session.execute('portllm.evaluate', models[0], models);
    await wizard.waitForTitle('Evaluate (1/3)');
    await wizard.cancel();
    assert.ok(!(await readdir(library)).includes('portllm-evaluations'));
  });

  it('evaluates by clicks, from the right-click on a patch to the comparison', async () => {
    const out = join(library, 'portllm-evaluations', 'kind');
    const menu = await openPatchMenu('kind');
    assert.ok(menu.labels.includes('Evaluate…'), menu.labels.join());
    await menu.click('Evaluate…');
    await session.answerEvaluation({ ...KIND, limit: 'First 20 of each task', out });
    const report = await webview(page, 'Evaluation: kind', EVALUATION_MS);
    await report.getByText('4 columns on 1 task: kind.test, 20 of 500 items').waitFor();
    const scores = report.getByRole('region', { name: 'Scores of every column' });
    assert.deepEqual(await scores.locator('thead .role').allTextContents(), [
      'old base',
      'old base + patch',
      'new base',
      'ported',
    ]);
    const differences = report.getByRole('region', { name: 'differences to storyteller-v2' });
    await differences
      .getByText(/^better \(p/)
      .first()
      .waitFor();
    assert.equal(await differences.locator('.interval .zero').count(), 3);
    await report.getByText('float32, weights').first().waitFor();
  });

  it('compares with another column, and hands out Markdown', async () => {
    const report = await webview(page, 'Evaluation: kind');
    await report.locator('vscode-dropdown').click();
    await report.getByRole('option', { name: 'storyteller-v1 (old base)', exact: true }).click();
    await report.getByRole('region', { name: 'differences to storyteller-v1' }).waitFor();
    await report.getByRole('button', { name: 'Copy as Markdown' }).click();
    const text = await poll('the Markdown on the clipboard', async () => {
      const found = await session.bridge.evaluate((vscode) => vscode.env.clipboard.readText(), undefined);
      return found.startsWith('## kind') ? found : undefined;
    });
    assert.match(text, /storyteller-v2 \+ kind − storyteller-v1 \|/);
  });

  it('opens one results file from the explorer', async () => {
    const out = join(library, 'portllm-evaluations', 'kind');
    const [folder = ''] = (await readdir(out)).filter((name) => name.includes('kind'));
    const [file = ''] = (await readdir(join(out, folder))).filter((name) => name.startsWith('results_'));
    await session.execute('workbench.action.closeAllEditors');
    await session.bridge.evaluate(
      (vscode, path) => vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(path)),
      join(out, folder, file),
    );
    await treeItem(page, file).waitFor();
    await (await explorerContextMenu(page, file)).click('Open Evaluation');
    const alone = await webview(page, `Evaluation: ${folder}`);
    await alone.getByText('1 column on 1 task: kind.test, 20 of 500 items').waitFor();
    await session.execute('workbench.action.closeAllEditors');
  });

  it('stops an evaluation, shows what is kept, and goes on in the same folder', async () => {
    const out = join(library, 'portllm-evaluations', 'stopped');
    const answers = { ...KIND, limit: 'All items', extras: ['Scale sweep'], out };
    await session.execute('portllm.evaluate', join(library, 'patches', 'kind'));
    await session.answerEvaluation(answers);
    const running = await notification(page, 'Evaluating 9 columns on 1 task');
    await poll('some items', async () => (/: [1-9]\d* of 500 items/.test(await running.text()) ? true : undefined), {
      timeoutMs: EVALUATION_MS,
    });
    await running.cancel();
    const stopped = await notification(page, 'Stopped: ', EVALUATION_MS);
    assert.match(
      await stopped.text(),
      /Stopped: [1-9]\d* of 4500 items are kept; Evaluate… with the same folder goes on/,
    );
    const report = await webview(page, 'Evaluation: stopped', EVALUATION_MS);
    await report.getByText(/^Stopped: \d+ of 4500 items are kept\./).waitFor();
    await session.execute('portllm.evaluate', join(library, 'patches', 'kind'));
    await session.answerEvaluation({ ...answers, limit: 'First 20 of each task', extras: [] });
    const whole = await webview(page, 'Evaluation: stopped', EVALUATION_MS);
    await whole.getByText('4 columns on 1 task: kind.test, 20 of 500 items').waitFor({ timeout: EVALUATION_MS });
    assert.equal(await whole.getByText('Stopped before its end').count(), 0);
    await session.execute('workbench.action.closeAllEditors');
  });

  it('cancels in the middle within a second and leaves nothing behind', async () => {
    await session.startBigPort('cancelled');
    const progress = await notification(page, 'Porting huge-patch onto huge');
    await poll('the port to write', async () => ((await staging()).length > 0 ? true : undefined));
    await progress.expand();
    const begin = Date.now();
    await progress.cancel();
    await poll('the staging folder to go', async () => ((await staging()).length === 0 ? true : undefined));
    const seconds = (Date.now() - begin) / 1000;
    assert.ok(seconds < 3, `it took ${seconds} s, clicks included`);
    assert.deepEqual(await readdir(join(library, 'big')), ['huge', 'huge-patch']);
  });

  it('survives the death of the worker in the middle, says so, and goes on with the next shard', async () => {
    await session.startBigPort('killed');
    const [big, partial] = [join(library, 'big'), '.killed.portllm-partial'];
    await poll('the first shard to be finished', async () => {
      const record = await readFile(join(big, partial, 'portllm-finished.jsonl'), 'utf8').catch(() => '');
      return record.split('\n').length > 2 ? true : undefined;
    });
    const holder = JSON.parse(await readFile(join(big, '.killed.portllm-lock'), 'utf8')) as { pid: number };
    process.kill(holder.pid, 'SIGKILL');
    const failure = await notification(page, 'The worker process was killed');
    assert.match(await failure.text(), /SIGKILL.*goes on with the next one/);
    assert.deepEqual(await staging(), [partial]);
    await failure.click('Continue');
    await (await notification(page, 'Porting huge-patch onto huge: Porting')).cancel();
    await poll('the staging folder to go', async () => ((await staging()).length === 0 ? true : undefined));
    await session.execute('notifications.clearAll');
    await session.execute('portllm.verify', join(library, 'ported', 'mood-on-v2'));
    await notification(page, 'mood-on-v2 is as it was written');
  });

  it('violates no content security policy and logs no error of its own', () => {
    const { cspViolations, consoleErrors } = session.workbench;
    const ours = cspViolations.map(({ text }) => text);
    assert.deepEqual(ours, []);
    const errors = consoleErrors.filter(
      (error) => !isKnownNoise(error) && !error.text.includes('The worker process was killed'),
    );
    assert.deepEqual(errors, []);
  });

  async function openPatchMenu(name: string): Promise<ContextMenu> {
    await openViewContainer(page, 'Explorer');
    const folder = page.locator('.explorer-folders-view').locator(treeItem(page, 'patches'));
    await poll('the folder patches to open', async () => {
      if ((await folder.getAttribute('aria-expanded')) === 'true') return true;
      await folder.click();
      return undefined;
    });
    await treeItem(page, name).waitFor();
    return explorerContextMenu(page, name);
  }

  async function staging(): Promise<string[]> {
    return (await readdir(join(library, 'big'))).filter((name) => name.includes('.portllm-'));
  }
});
