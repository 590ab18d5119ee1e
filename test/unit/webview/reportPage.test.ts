/** The report's page in a real browser, under the policy that it has in VS Code. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { DiagnosisFile } from '../../../src/diagnostics/diagnosisFile.ts';
import { detailOf, reportView } from '../../../src/editor/report/view.ts';
import type { ReportView } from '../../../src/editor/report/viewTypes.ts';
import { HOSTILE } from '../../support/evaluationView.ts';
import { renderPage, type RenderedPage } from '../../support/pageInBrowser.ts';
import { largeTensors, smallFile } from '../../support/reportView.ts';
import { launchBrowser } from '../../vscode/harness/browser.ts';

const SOURCE = { kind: 'diagnosis', file: '/reports/some.diagnosis.json' } as const;
const OTHER = { kind: 'port', folder: '/ported' } as const;
const CELL = '.heatmap .cell[role=img]';

interface State {
  readonly metric: string | null;
  readonly modules: string;
  readonly tensor: string | null;
  readonly other: unknown;
}

describe('the report page', () => {
  let browser: Browser;
  let rendered: RenderedPage;
  let page: Page;
  let file: DiagnosisFile;
  let view: ReportView;
  const state = async (): Promise<State> => (await rendered.state()) as State;
  const last = async (): Promise<unknown> => (await rendered.sent()).at(-1);
  before(async () => {
    browser = await launchBrowser();
    file = await smallFile();
    view = reportView({ port: null, diagnosis: file });
    rendered = await renderPage(browser, 'report');
    ({ page } = rendered);
    await rendered.send({ type: 'show', source: SOURCE, view, other: null });
    await page.getByRole('heading', { level: 1 }).waitFor();
  });
  after(() => browser.close());

  it('asks for its data, and keeps what it needs to come back', async () => {
    assert.deepEqual((await rendered.sent())[0], { type: 'ready' });
    assert.deepEqual(await rendered.state(), {
      ...{ source: SOURCE, other: null, metric: null, modules: 'all', logarithmic: false, tensor: null },
    });
  });

  it('says whether it fits, because of what, and how good the evidence is', async () => {
    const section = page.getByRole('region', { name: 'Does it fit?' });
    await section.getByRole('heading', { level: 2 }).waitFor();
    const { verdict, findings = [] } = view.verdict ?? {};
    assert.equal(verdict, 'look closer');
    await section.locator('h3', { hasText: 'Because' }).waitFor();
    assert.equal(await section.locator('.findings > li').count(), findings.length);
    const link = section.getByRole('link', { name: 'arXiv 2510.09658' });
    assert.equal(await link.getAttribute('href'), 'https://arxiv.org/abs/2510.09658');
    await section.getByText('was ever calibrated for ports').waitFor();
  });

  it('draws a cell for every tensor, with its exact number and what chance gives', async () => {
    assert.equal(await page.locator(CELL).count(), view.tensors.length);
    await choose('Show', 'Alignment: cos(Δ, S)');
    const label = await page.locator(CELL).first().getAttribute('aria-label');
    assert.match(label ?? '', /^model\.layers\.\d.+: cos\(Δ, S\) = [+−]?[\d. ·⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+ \(by chance ± 0\.\d+\)$/);
    await page.locator(CELL).first().hover();
    assert.match((await page.locator('.tooltip').textContent()) ?? '', /by chance ±/);
    assert.equal((await state()).metric, 'cosine');
  });

  it('moves by arrow keys, hides what it says on Escape, and shows a tensor on Enter', async () => {
    const cells = page.locator(CELL);
    await page.locator(`${CELL}[tabindex="0"]`).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.locator(`${CELL}[tabindex="0"]`).count(), 1);
    await page.locator('.tooltip').waitFor({ state: 'visible' });
    await page.keyboard.press('Escape');
    await page.locator('.tooltip').waitFor({ state: 'hidden' });
    const target = await page.locator(`${CELL}:focus`).getAttribute('data-tensor');
    await page.keyboard.press('Enter');
    assert.deepEqual(await last(), { type: 'detail', target });
    assert.equal(await cells.locator('.chosen').count(), 0);
    await rendered.send({ type: 'detail', detail: detailOf({ port: null, diagnosis: file }, target ?? '') });
    const section = page.getByRole('region', { name: `Tensor ${target}` });
    await section.getByText('Singular values of Δ').first().waitFor();
    assert.equal(await section.locator('.small-chart').count(), 4);
    assert.equal((await state()).tensor, target);
    assert.equal(await page.locator('.cell.chosen').count(), 1);
  });

  it('draws the loss between the bases and over the scales, with the same numbers in a table', async () => {
    const section = page.getByRole('region', { name: 'Loss of kind.test' });
    assert.equal(await section.locator('.curve .point').count(), 8);
    const points = await section.locator('.curve').first().locator('.point').all();
    const heights = (await Promise.all(points.map((point) => point.getAttribute('cy')))).map(Number);
    assert.ok(heights[2]! < heights[0]! && heights[2]! < heights[4]!, 'a bump is higher');
    await section.locator('summary').first().click();
    assert.match((await section.locator('tbody tr').nth(2).textContent()) ?? '', /0\.52\.75 ± 0\.1090\.0 %/);
  });

  it('has every chart as a table too', async () => {
    for (const name of [/^Figures of model/, 'Singular values of Δ', /^Elements of Δ by size/, /^Principal angles/])
      assert.ok((await page.getByRole('region', { name, includeHidden: true }).count()) > 0, String(name));
    const [tensor] = file.diagnosis.tensors.filter(({ target }) => target === view.tensors[0]?.target);
    assert.ok(tensor);
    const all = page.locator('details.all-tensors');
    assert.equal(await all.locator('table').count(), 0, 'made when it is opened');
    await all.locator('summary').click();
    await all.locator('table').waitFor();
    assert.equal(await all.locator('tbody tr').count(), view.tensors.length);
  });

  it('filters by module', async () => {
    const [first] = view.tensors;
    await choose('of', first?.type ?? '');
    const shown = view.tensors.filter(({ type }) => type === first?.type).length;
    assert.equal(await page.locator(CELL).count(), shown);
    assert.ok(shown < view.tensors.length);
    await choose('of', 'all modules');
  });

  it('puts another report beside it on one scale, and takes it away', async () => {
    const values = view.tensors.map((tensor) => ({ ...tensor, values: tensor.values.map((one) => (one ?? 0) * 2) }));
    const other = { source: OTHER, view: { ...view, title: 'Another', tensors: values } };
    await rendered.send({ type: 'show', source: SOURCE, view, other });
    await page.getByRole('heading', { name: 'Another' }).waitFor();
    assert.equal(await page.locator(CELL).count(), 2 * view.tensors.length);
    assert.match((await page.locator(CELL).first().getAttribute('aria-label')) ?? '', /; in Another: cos/);
    assert.deepEqual((await state()).other, OTHER);
    await page.getByRole('button', { name: 'Remove Comparison' }).click();
    assert.deepEqual(await last(), { type: 'compareNone' });
    await rendered.send({ type: 'show', source: SOURCE, view, other: null });
    await page.getByRole('heading', { name: 'Another' }).waitFor({ state: 'detached' });
    assert.equal((await state()).metric, 'cosine', 'what was chosen stays');
  });

  it('exports its picture for other programs, and asks the host for the numbers', async () => {
    await page.getByRole('button', { name: 'Export SVG…' }).click();
    const { format, content } = (await last()) as { format: string; content: string };
    assert.equal(format, 'svg');
    assert.match(content, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.ok(!/class=|var\(|color-mix|color\(srgb/.test(content), 'stands for itself');
    assert.match(content, /cos\(Δ, S\)/);
    await page.getByRole('button', { name: 'Export PNG…' }).click();
    const png = await page.waitForFunction(() => {
      const { sent } = (globalThis as unknown as { host: { sent: { format?: string; content: Uint8Array }[] } }).host;
      const found = sent.find((message) => message.format === 'png');
      return found && [...found.content.slice(0, 4)];
    });
    assert.deepEqual(await png.jsonValue(), [0x89, 0x50, 0x4e, 0x47]);
    for (const name of ['CSV', 'JSON'] as const) {
      await page.getByRole('button', { name: `Export ${name}…` }).click();
      assert.deepEqual(await last(), { type: 'exportData', format: name.toLowerCase() });
    }
  });

  it('hands its buttons to the host', async () => {
    for (const [name, type] of [
      ['Evaluate…', 'evaluate'],
      ['Port…', 'port'],
      ['Diagnose Again…', 'diagnose'],
      ['Compare With…', 'compareWith'],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).click();
      assert.deepEqual(await last(), { type });
    }
  });

  it('draws 126 layers of 7 modules in a moment', async () => {
    const large = await renderPage(browser, 'report');
    const tensors = largeTensors(126, view.metrics.length);
    await large.send({ type: 'show', source: SOURCE, view: { ...view, tensors }, other: null });
    await large.page.locator(CELL).first().waitFor();
    assert.equal(await large.page.locator(CELL).count(), 882);
    // Not a test of speed, only of what nobody would wait for: bench/ has the numbers.
    await large.page.locator(`${CELL}[tabindex="0"]`).focus();
    for (let i = 0; i < 20; i++) await large.page.keyboard.press('ArrowRight');
    const label = await large.page.locator(`${CELL}:focus`).getAttribute('data-tensor');
    assert.equal(label, 'model.layers.20.self_attn.q_proj.weight');
    assert.deepEqual(large.problems, []);
  });

  it('shows names as text, a port that nobody diagnosed, and a problem', async () => {
    const again = await renderPage(browser, 'report', { other: OTHER });
    assert.deepEqual((await again.sent())[0], { type: 'ready' });
    const bare = { ...view, title: HOSTILE, kind: 'port', verdict: null, warnings: [HOSTILE] };
    await again.send({ type: 'show', source: OTHER, view: bare, other: null });
    await again.page.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await again.page.locator('img').count(), 0);
    await again.page.getByRole('button', { name: 'Diagnose…' }).click();
    assert.deepEqual((await again.sent()).at(-1), { type: 'diagnose' });
    await again.send({ type: 'problem', message: `Cannot read ${HOSTILE}` });
    await again.page.getByRole('alert').getByText(HOSTILE).waitFor();
    await again.page.getByRole('button', { name: 'Try Again' }).click();
    assert.deepEqual((await again.sent()).at(-1), { type: 'retry' });
    assert.deepEqual(again.problems, []);
  });

  it('violates no policy and runs no error', () => assert.deepEqual(rendered.problems, []));

  async function choose(label: string, option: string): Promise<void> {
    await page.locator(`vscode-dropdown[aria-label="${label}"]`).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  }
});
