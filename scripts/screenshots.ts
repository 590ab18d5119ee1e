/** `npm run screenshots`: the pictures of README.md from the real thing, dark and light, and the icon. */
import { mkdirSync, readFileSync } from 'node:fs';
import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { launchBrowser } from '../test/vscode/harness/browser.ts';
import { poll } from '../test/vscode/harness/poll.ts';
import { notification, openViewContainer, treeItem, webview } from '../test/vscode/harness/views.ts';
import { Session } from '../test/vscode/session.ts';
import { installBrowserVscode } from './browserVscode.ts';
import { ensureSystemPackages } from './systemPackages.ts';

const folder = process.argv[2] ?? join(import.meta.dirname, '..', 'media', 'screenshots');
const THEMES = { dark: 'Default Dark Modern', light: 'Default Light Modern' };
const RETRAINED = 'kind-retrained';
const EVALUATION_MS = 600_000;
const VIEWPORT = { width: 1180, height: 760 };

async function take(theme: keyof typeof THEMES, codeServer: string): Promise<void> {
  const session = await Session.open(codeServer, {
    settings: { 'workbench.colorTheme': THEMES[theme] },
    viewport: VIEWPORT,
  });
  const { page, library } = session;
  const shoot = async (name: string): Promise<void> => {
    await page.mouse.move(0, 0);
    await page.waitForTimeout(600);
    await page.screenshot({ path: join(folder, `${name}-${theme}.png`) });
  };
  try {
    await openViewContainer(page, 'PortLLM');
    await rm(join(library, 'broken'), { recursive: true });
    await treeItem(page, 'broken').waitFor({ state: 'hidden' });
    await treeItem(page, 'storyteller-v1').first().click();
    await page.keyboard.press('ArrowRight');
    await shoot('tree');
    await session.execute('portllm.port', join(library, 'models', 'storyteller-v2'));
    await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
    await shoot('quickpick');
    const out = join(library, 'ported', 'kind-on-storyteller-v2');
    await session.answerWizard({ patch: 'kind', kind: 'Patched checkpoint', out });
    await (await webview(page, 'Port Plan: kind')).getByText('tensors will change').waitFor();
    await shoot('plan');
    await session.acceptPlan('kind');
    await (await notification(page, 'Ported kind')).click('Open Report');
    await page.locator('.notifications-center.visible').waitFor({ state: 'hidden' });
    await shootReport(session, shoot);
    await shootGlance(session, shoot);
    await shootDifference(session, shoot);
    await shootEvaluation(session, shoot);
    await shootMatrix(session, shoot);
    await session.startBigPort('big-port');
    const running = await notification(page, 'Porting huge-patch');
    await poll('some progress', async () => (/[1-9]\d* MB of/.test(await running.text()) ? true : undefined));
    await shoot('progress');
    await running.cancel();
    const big = join(library, 'big');
    await poll('the end of the port', async () => ((await readdir(big)).length === 2 ? true : undefined));
  } finally {
    await session.close();
  }
}

/** The port's report, diagnosed with the retrained patch and a task. */
async function shootReport(session: Session, shoot: (name: string) => Promise<void>): Promise<void> {
  const { library, page } = session;
  const retrained = join(import.meta.dirname, '..', 'samples', 'reference', RETRAINED);
  await cp(retrained, join(library, 'patches', RETRAINED), { recursive: true });
  await treeItem(page, RETRAINED).first().waitFor();
  const title = 'Report: kind-on-storyteller-v2';
  await (await webview(page, title)).getByRole('button', { name: 'Diagnose…' }).click();
  for (const answer of ['storyteller-v1', RETRAINED, 'Everything', 'Weights and a task'])
    await session.wizard.choose(answer);
  await session.wizard.tick(['kind.test.jsonl']);
  await session.wizard.choose('First 100 of each task');
  const report = await webview(page, title);
  await report.getByRole('region', { name: 'Loss of kind.test' }).waitFor({ timeout: EVALUATION_MS });
  await page.locator('.notifications-center.visible').waitFor({ state: 'hidden' });
  await shoot('report');
  await report.locator('.heatmap .cell[role=img]').nth(9).click();
  await report.locator('.small-chart').nth(3).waitFor();
  await atTop(report, 'The patch in every layer');
  await shoot('report-layers');
  await report.locator('.detail').evaluate((section: Scrollable) => section.scrollIntoView({ block: 'start' }));
  await shoot('report-tensor');
  await atTop(report, 'The loss of kind.test');
  await shoot('report-loss');
}

/** What a click on a safetensors file shows. */
async function shootGlance(session: Session, shoot: (name: string) => Promise<void>): Promise<void> {
  const file = join(session.library, 'models', 'storyteller-v2', 'model.safetensors.index.json');
  await session.bridge.evaluate(
    (vscode, path) => vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path)),
    file,
  );
  const view = await webview(session.page, 'model.safetensors.index.json');
  const row = (name: RegExp): Locator => view.getByRole('treeitem', { name });
  for (const group of [/^layers,/, /^0,/, /^self_attn,/]) {
    await row(group).first().click();
    await row(group).and(view.locator('[aria-expanded=true]')).first().waitFor();
  }
  await row(/^q_proj/).click();
  await view
    .getByRole('button', { name: /Norms|Compute/ })
    .first()
    .click();
  await view.getByText('Computed from all').waitFor();
  await shoot('safetensors');
  await session.execute('workbench.action.closeActiveEditor');
}

/** A patch that holds copies of its base: the question for the old base, and the plan with what was found out about it. */
async function shootDifference(session: Session, shoot: (name: string) => Promise<void>): Promise<void> {
  const cases = join(import.meta.dirname, '../test/golden/variants/cases');
  const at = (...parts: string[]): string => join(session.library, 'chat', ...parts);
  await cp(join(cases, 'saved-embeddings-trained/patch'), at('chat-patch'), { recursive: true });
  for (const base of ['llama-old', 'llama-new']) await cp(join(cases, 'bases', base), at(base), { recursive: true });
  await treeItem(session.page, 'chat-patch').first().waitFor();
  await session.execute('portllm.port', at('chat-patch'));
  await session.wizard.choose('llama-new');
  await session.page.locator('.quick-input-list', { hasText: 'the patch names it as its base' }).waitFor();
  await session.answerWizard({ oldBase: 'llama-old', kind: 'Patched checkpoint', out: at('ported') });
  const plan = await webview(session.page, 'Port Plan: chat-patch');
  await plan.getByText('About the old base').waitFor();
  await shoot('plan-difference');
  await plan.getByRole('button', { name: 'Cancel' }).click();
}

/** Of the page's world, whose types are not those of scripts. */
interface Scrollable {
  scrollIntoView(options: { readonly block: 'start' }): void;
}

async function atTop(view: FrameLocator, name: string): Promise<void> {
  await view
    .getByRole('heading', { name })
    .evaluate((heading: Scrollable) => heading.scrollIntoView({ block: 'start' }));
}

/** Two patches on two bases and two tasks, at two scales. */
async function shootMatrix(session: Session, shoot: (name: string) => Promise<void>): Promise<void> {
  const { library, page } = session;
  const sample = (path: string): string => join(import.meta.dirname, '../samples', path);
  const spec = {
    patches: { kind: 'patches/kind', mood: 'patches/mood' },
    bases: { v1: 'models/storyteller-v1', v2: 'models/storyteller-v2' },
    tasks: [sample('tasks/kind.test.jsonl'), sample('tasks/mood.test.jsonl')],
    scales: [0.5, 1],
    retrained: { v2: { kind: sample('reference/kind-retrained'), mood: sample('reference/mood-retrained') } },
    limit: 100,
  };
  await writeFile(join(library, 'storyteller.portllm-matrix.yaml'), JSON.stringify(spec));
  await session.execute('workbench.action.closeAllEditors');
  await session.execute('portllm.matrix');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'storyteller' }).click();
  const matrix = await webview(page, 'Matrix: storyteller');
  await matrix.getByText('24 of 24 parts are done').waitFor({ timeout: EVALUATION_MS });
  await page.locator('.notifications-toasts.visible').waitFor({ state: 'hidden' });
  await shoot('matrix');
}

/** The five columns by which a port is judged, a control and a sweep, on the task that the patch was trained for. */
async function shootEvaluation(session: Session, shoot: (name: string) => Promise<void>): Promise<void> {
  const { library, page } = session;
  await session.execute('workbench.action.closeAllEditors');
  await session.execute('portllm.evaluate', join(library, 'patches', 'kind'));
  await session.answerEvaluation({
    ...{ base: 'storyteller-v2', oldBase: 'storyteller-v1', retrained: RETRAINED },
    ...{ task: 'kind.test.jsonl', limit: 'All items', extras: ['Scale sweep', 'Random control'] },
    out: join(library, 'portllm-evaluations', 'kind-on-storyteller-v2'),
  });
  const report = await webview(page, 'Evaluation: kind-on-storyteller-v2', EVALUATION_MS);
  await report.getByText('6 columns on 1 task').waitFor();
  await page.locator('.notifications-center.visible').waitFor({ state: 'hidden' });
  const runs = await webview(page, 'Evaluations');
  await runs.getByRole('option').first().click();
  await runs.getByRole('button', { name: 'Open in Editor' }).waitFor();
  await atTop(report, 'Scores');
  await shoot('evaluation');
  const flipped = report.locator('details.flips', { hasText: 'storyteller-v2 + kind:' }).first();
  await flipped.locator('summary').first().click();
  await flipped.locator('details.item summary').first().click();
  await flipped.locator('.item-detail tbody').waitFor();
  await atTop(report, 'Items that flipped');
  await shoot('evaluation-item');
  await atTop(report, 'Scale sweep');
  await shoot('evaluation-sweep');
  await session.execute('workbench.action.closeAllEditors');
}

/** The marketplace takes no SVG. */
async function drawIcon(): Promise<void> {
  const media = join(import.meta.dirname, '..', 'media');
  const browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 128, height: 128 } });
  await page.setContent(`<body style="margin:0">${readFileSync(join(media, 'icon.svg'), 'utf8')}</body>`);
  await page.screenshot({ path: join(media, 'icon.png'), omitBackground: true });
  await browser.close();
}

ensureSystemPackages();
mkdirSync(folder, { recursive: true });
const codeServer = process.env.CODE_SERVER_ROOT ?? installBrowserVscode();
await drawIcon();
for (const theme of ['dark', 'light'] as const) await take(theme, codeServer);
