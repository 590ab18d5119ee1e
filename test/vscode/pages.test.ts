/** The pages in a real VS Code: driven by mouse and keyboard, in three themes, hidden, reloaded, and with damaged files. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FrameLocator, Page } from 'playwright-core';
import { ROOT } from '../support/paths.ts';
import { codeServerRoot } from './harness/codeServerRoot.ts';
import { seriousViolations } from './harness/accessibility.ts';
import { answerDialog } from './harness/fileDialog.ts';
import { poll } from './harness/poll.ts';
import { explorerContextMenu, notification, openViewContainer, webview } from './harness/views.ts';
import { Session } from './session.ts';

const THEMES = ['Default Dark Modern', 'Default Light Modern', 'Default High Contrast', 'Default High Contrast Light'];
const KIND = 'Diagnosis: kind on storyteller-v2';
const CELL = '.heatmap .cell[role=img]';
const WORK_MS = 120_000;
const GOLDEN = join(ROOT, 'test/golden/results/case/lm-eval-0.4.13/storyteller-v2');

describe('The pages in VS Code', () => {
  let session: Session;
  let page: Page;
  let library: string;

  before(async () => {
    session = await Session.open(codeServerRoot());
    ({ page, library } = session);
    await cp(join(ROOT, 'samples/reference/kind-retrained'), join(library, 'patches/kind-retrained'), {
      recursive: true,
    });
    await cp(GOLDEN, join(library, '..', 'lm-eval'), { recursive: true });
    await session.execute('portllm.library.refresh');
  });

  // Undefined where it could not be opened.
  after(() => (session as Session | undefined)?.close());

  async function hideAndShow(title: string): Promise<FrameLocator> {
    const shown = (): Promise<number> => page.locator(`iframe.webview.ready`).count();
    const before = await shown();
    await session.execute('workbench.action.files.newUntitledFile');
    await poll('the page to be hidden', async () => ((await shown()) < before ? true : undefined));
    await session.execute('workbench.action.closeActiveEditor');
    return webview(page, title);
  }

  async function closeAll(): Promise<void> {
    await session.execute('workbench.action.closeAllEditors');
    await poll('the tabs to go', async () =>
      (await page.locator('.tabs-container .tab').count()) === 0 ? true : undefined,
    );
  }

  it('diagnoses a patch by the menu of its folder, weights and a task, up to the report', async () => {
    await openViewContainer(page, 'Explorer');
    await page.locator('.explorer-folders-view').getByRole('treeitem', { name: 'patches' }).click();
    await (await explorerContextMenu(page, 'kind')).click('Diagnose…');
    for (const answer of ['storyteller-v2', 'storyteller-v1', 'kind-retrained', 'Everything', 'Weights and a task'])
      await session.wizard.choose(answer);
    await session.wizard.tick(['kind.test.jsonl']);
    await session.wizard.choose('First 20 of each task');
    const report = await webview(page, KIND, WORK_MS);
    await report.getByRole('region', { name: 'Loss of kind.test' }).waitFor({ timeout: WORK_MS });
    await report.getByText('The bases are close relatives').waitFor();
    await report.getByRole('heading', { name: 'Fits: nothing that was found speaks against this port' }).waitFor();
    assert.equal(await report.locator(CELL).count(), 30);
  });

  it('shows another figure and a tensor by keyboard, and both again after it was hidden', async () => {
    const report = await webview(page, KIND);
    const metric = report.locator('vscode-dropdown[aria-label="Show"]');
    await metric.focus();
    for (let i = 0; i < 8; i++) await metric.press('ArrowDown');
    await report.locator('.metric-note', { hasText: 'How many times farther the base moved' }).waitFor();
    await report.locator(`${CELL}[tabindex="0"]`).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await report.getByRole('heading', { name: 'model.layers.1.self_attn.q_proj.weight' }).waitFor();
    await report.getByText('Singular values of Δ').first().waitFor();
    const again = await hideAndShow(KIND);
    await again.getByRole('heading', { name: 'model.layers.1.self_attn.q_proj.weight' }).waitFor();
    await again.locator('.metric-note', { hasText: 'How many times farther the base moved' }).waitFor();
    await again.getByText('Singular values of Δ').first().waitFor();
  });

  it('puts a second report beside it', async () => {
    await session.execute('portllm.diagnose', join(library, 'patches', 'mood'));
    for (const answer of ['storyteller-v2', 'storyteller-v1', 'Skip', 'Quick', 'Weights only'])
      await session.wizard.choose(answer);
    const mood = await webview(page, 'Diagnosis: mood on storyteller-v2', WORK_MS);
    await mood.locator(CELL).first().waitFor();
    await session.execute('workbench.action.closeActiveEditor');
    const report = await webview(page, KIND);
    await report.getByRole('button', { name: 'Compare With…' }).click();
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'mood on storyteller-v2' }).click();
    await report.getByRole('heading', { level: 3, name: 'mood on storyteller-v2' }).waitFor();
    assert.equal(await report.locator(CELL).count(), 30 + 42);
  });

  it('exports the numbers and the picture through the dialog', async () => {
    const report = await webview(page, KIND);
    await report.getByRole('button', { name: 'Export CSV…' }).click();
    await answerDialog(page, join(library, 'kind.csv'));
    const csv = await poll('the CSV', () => readFile(join(library, 'kind.csv'), 'utf8').catch(() => undefined));
    assert.equal(csv.trimEnd().split('\r\n').length, 31);
    await report.getByRole('button', { name: 'Export SVG…' }).click();
    await answerDialog(page, join(library, 'kind.svg'));
    const svg = await poll('the SVG', () => readFile(join(library, 'kind.svg'), 'utf8').catch(() => undefined));
    assert.match(svg, /^<svg .*‖S‖ \/ ‖Δ‖/s);
    await report.getByRole('button', { name: 'Export PNG…' }).click();
    await answerDialog(page, join(library, 'kind.png'));
    const png = await poll('the PNG', () => readFile(join(library, 'kind.png')).catch(() => undefined));
    assert.equal(png.subarray(1, 4).toString(), 'PNG');
    await report.getByRole('button', { name: 'Export JSON…' }).click();
    await answerDialog(page, join(library, 'kind.diagnosis.json'));
    await poll('the JSON', () => readFile(join(library, 'kind.diagnosis.json'), 'utf8').catch(() => undefined));
  });

  it('lists an evaluation that ran, shows it in short, and opens it in the editor', async () => {
    await closeAll();
    await openViewContainer(page, 'PortLLM');
    const out = join(library, 'portllm-evaluations', 'kind');
    await session.execute('portllm.evaluate', join(library, 'patches', 'kind'));
    await session.answerEvaluation({
      ...{ base: 'storyteller-v2', oldBase: 'storyteller-v1', retrained: 'kind-retrained' },
      ...{ task: 'kind.test.jsonl', limit: 'First 20 of each task', out },
    });
    await webview(page, 'Evaluation: kind', WORK_MS);
    const runs = await webview(page, 'Evaluations');
    const option = runs.getByRole('option', { name: /kind/ });
    await runs.locator('[role=option] [aria-label=finished]').waitFor({ timeout: WORK_MS });
    await closeAll();
    await option.click();
    await runs.getByText('storyteller-v2 + kind-retrained').first().waitFor();
    // Until it is compared, the side bar shows what was found while it ran.
    await poll('the bars of all columns', async () =>
      (await runs.locator('.bar-picture .score').count()) === 5 ? true : undefined,
    );
    await runs.getByRole('button', { name: 'Open in Editor' }).click();
    await (await webview(page, 'Evaluation: kind')).getByText('5 columns on 1 task').waitFor();
  });

  it('shows one item that flipped, with what both models gave to every choice', async () => {
    const evaluation = await webview(page, 'Evaluation: kind');
    const list = evaluation.locator('details.flips', { hasText: 'storyteller-v2 + kind:' }).first();
    await list.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    const item = list.locator('details.item').first();
    await item.locator('summary').focus();
    await page.keyboard.press('Enter');
    await item.locator('.prompt').waitFor();
    const rows = await item.locator('tbody tr').allTextContents();
    assert.ok(rows.length > 1 && rows.filter((row) => row.includes('✓ right')).length === 1, rows.join('\n'));
    assert.equal(rows.filter((row) => row.includes('likeliest')).length, 2, 'they chose differently');
  });

  it('pins a baseline, which every other evaluation is then compared with', async () => {
    const evaluation = await webview(page, 'Evaluation: kind');
    await evaluation.locator('vscode-dropdown').click();
    await evaluation.getByRole('option', { name: 'storyteller-v1 (old base)', exact: true }).click();
    await evaluation.getByRole('region', { name: 'differences to storyteller-v1' }).waitFor();
    await evaluation.getByRole('button', { name: 'Pin as Baseline' }).click();
    await evaluation.getByRole('button', { name: 'Unpin Baseline' }).waitFor();
    await (await webview(page, 'Evaluations')).getByText('Compared with storyteller-v1').waitFor();
  });

  it('imports results of lm-evaluation-harness into the list', async () => {
    const [results = ''] = (await readdir(join(library, '..', 'lm-eval'))).filter((name) =>
      name.startsWith('results_'),
    );
    await session.execute('portllm.importResults');
    await answerDialog(page, join(library, '..', 'lm-eval', results));
    const runs = await webview(page, 'Evaluations');
    await runs.getByRole('option', { name: /^imported lm-eval/ }).waitFor();
    await (await webview(page, 'Evaluation: lm-eval')).getByText('on 5 tasks').waitFor();
    await session.execute('workbench.action.closeActiveEditor');
  });

  for (const theme of THEMES)
    it(`has no serious fault for people who see or move otherwise: ${theme}`, async () => {
      await session.setTheme(theme);
      const opened: [string, () => Promise<unknown>][] = [
        [KIND, () => session.execute('portllm.openDiagnosis', join(library, 'kind.diagnosis.json'))],
        [
          'model.safetensors.index.json',
          () =>
            session.bridge.evaluate(
              (vscode, path) => vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path)),
              join(library, 'models/storyteller-v2/model.safetensors.index.json'),
            ),
        ],
        [
          'Evaluation: kind',
          async () =>
            (await webview(page, 'Evaluations')).getByRole('option', { name: /^finished kind/ }).press('Enter'),
        ],
      ];
      await closeAll();
      for (const [title, open] of opened) {
        await open();
        const view = await webview(page, title);
        await view.locator('h1, [role=tree]').first().waitFor();
        await poll(`${title} in ${theme}`, async () =>
          (await view.locator('main[aria-busy=false]').count()) > 0 ? true : undefined,
        );
        assert.deepEqual(await seriousViolations(view), [], title);
      }
      assert.deepEqual(await seriousViolations(await webview(page, 'Evaluations')), [], 'Evaluations');
    });

  it('says what is wrong with a damaged report, and shows it once it was mended', async () => {
    await session.setTheme(THEMES[0] ?? '');
    await closeAll();
    const file = join(library, 'kind.diagnosis.json');
    const whole = await readFile(file, 'utf8');
    await openViewContainer(page, 'Explorer');
    await (await explorerContextMenu(page, 'kind.diagnosis.json')).click('Open Diagnosis…');
    await (await webview(page, KIND)).locator(CELL).first().waitFor();
    await session.execute('workbench.action.files.newUntitledFile');
    await writeFile(file, whole.slice(0, 1000));
    await session.execute('workbench.action.closeActiveEditor');
    const broken = await webview(page, KIND);
    await broken.getByRole('heading', { name: 'This report cannot be shown' }).waitFor();
    await broken.getByRole('alert').getByText('kind.diagnosis.json is not JSON').waitFor();
    await session.execute('portllm.openDiagnosis', file);
    assert.match(await (await notification(page, 'is not JSON')).text(), /kind\.diagnosis\.json/);
    await writeFile(file, whole);
    await broken.getByRole('button', { name: 'Try Again' }).click();
    await broken.locator(CELL).first().waitFor();
  });

  it('is as it was after the window was loaded again', async () => {
    const report = await webview(page, KIND);
    await report.locator('vscode-dropdown[aria-label="of"]').click();
    await report.getByRole('option', { name: 'down_proj', exact: true }).click();
    await poll('the filter', async () => ((await report.locator(CELL).count()) === 6 ? true : undefined));
    await session.reload();
    await poll(
      'the filter again',
      async () => {
        const again = await webview(page, KIND, WORK_MS);
        return (await again.locator(CELL).count()) === 6 ? true : undefined;
      },
      { timeoutMs: WORK_MS },
    );
  });

  it('violates no content security policy', () => {
    assert.deepEqual(
      session.workbench.cspViolations.map(({ text }) => text),
      [],
    );
  });
});
