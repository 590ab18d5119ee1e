/** The evaluation's page in a real browser, under the policy that it has in VS Code. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Locator } from 'playwright-core';
import { HOSTILE, VIEW } from '../../support/evaluationView.ts';
import { renderPage, type RenderedPage } from '../../support/pageInBrowser.ts';
import { launchBrowser } from '../../vscode/harness/browser.ts';

const FILES = ['/results/v1/results_1.json', '/results/v2/results_1.json'];

async function attributes(all: Locator, name: string): Promise<(string | null)[]> {
  return Promise.all((await all.all()).map((one) => one.getAttribute(name)));
}

/** The page waits for a moment, for arrow keys pass over columns that are not meant. */
const CHOICE_MS = 600;

describe('the evaluation page', () => {
  let browser: Browser;
  let rendered: RenderedPage;
  before(async () => {
    browser = await launchBrowser();
    rendered = await renderPage(browser, 'evaluation');
    await rendered.send({ type: 'busy', message: 'Comparing …' });
    await rendered.page.getByRole('status').waitFor();
    await rendered.send({ type: 'show', files: FILES, view: VIEW, baseline: null, chosen: null });
    await rendered.page.getByRole('heading', { level: 1 }).waitFor();
  });
  after(() => browser.close());

  it('asks for its data when it is ready, and keeps what it needs to come back', async () => {
    assert.deepEqual((await rendered.sent())[0], { type: 'ready' });
    assert.deepEqual(await rendered.state(), {
      files: FILES,
      title: VIEW.title,
      reference: null,
      open: [],
    });
  });

  it('shows tasks and columns with errors and n, without the further scales', async () => {
    const table = rendered.page.getByRole('region', { name: 'Scores of every column' });
    const cells = await table.locator('tbody td').allTextContents();
    assert.deepEqual(cells, ['30.0 ± 10.5n = 20', '35.0 ± 10.9n = 20', '90.0 ± 6.9n = 20']);
    assert.equal(await table.getByText('kind@0.5').count(), 0);
  });

  it('draws every difference to the reference beside one line at zero, and says it in words', async () => {
    const table = rendered.page.getByRole('region', { name: 'differences to storyteller-v2' });
    assert.deepEqual(await table.locator('tbody th').allTextContents(), [
      'storyteller-v1old base',
      'storyteller-v2 + kindported',
    ]);
    const plots = table.getByRole('img');
    assert.equal(await plots.nth(1).getAttribute('aria-label'), 'difference +55.0, 95 % interval [+30.0, +80.0]');
    const zeros = await attributes(table.locator('.zero'), 'x1');
    assert.equal(new Set(zeros).size, 1);
    const [[zero], point] = [zeros, await plots.nth(1).locator('.point').getAttribute('cx')];
    assert.ok(Number(point) > Number(zero), 'a gain lies right of zero');
    await table.getByText('better (p = 0.004, corrected p = 0.008)').waitFor();
  });

  it('lists flipped items by keyboard, with text that stays text', async () => {
    const summary = rendered.page.locator('summary', { hasText: 'kind: 12 gained, 1 lost against storyteller-v2' });
    await summary.focus();
    await rendered.page.keyboard.press('Enter');
    const open = rendered.page.locator('details[open]');
    await open.getByText(`The food was the ${HOSTILE}`).waitFor();
    assert.equal(await open.locator('li').last().textContent(), 'item 11 The animal was the');
    await open.getByText('and 10 more, in the samples files').waitFor();
    assert.equal(await rendered.page.locator('img').count(), 0);
    assert.equal(await rendered.page.getByRole('heading', { level: 1 }).textContent(), HOSTILE);
  });

  it('asks for one item when it is opened, and shows what both answered', async () => {
    const { page, send, sent } = rendered;
    const item = page.locator('details.flips[open] details.item', { hasText: 'item 7' });
    await item.locator('summary').focus();
    await page.keyboard.press('Enter');
    await item.getByRole('status').waitFor();
    const question = { task: 'kind.test', column: 2, reference: 1, docId: 7, referenceDocId: 7 };
    assert.deepEqual((await sent()).at(-1), { type: 'item', ...question });
    const choice = (text: string, a: number, b: number, own: boolean): object => ({
      ...{ text, isTarget: own, logProbabilities: [a, b], isBest: [own, !own] },
    });
    const detail = {
      ...{ task: 'kind.test', docId: 7, prompt: `Q: ${HOSTILE}\nA:`, target: '0', texts: [[], []] },
      columns: ['storyteller-v2 + kind', 'storyteller-v2'],
      choices: [choice(' garden', -1.5, -7.36, true), choice(' horse', -4, -7.07, false)],
    };
    await send({ type: 'item', column: 2, reference: 1, detail });
    await item.locator('.prompt').getByText(HOSTILE).waitFor();
    assert.deepEqual(await item.locator('tbody tr').allTextContents(), [
      ' garden ✓ right−1.500 likeliest−7.360',
      ' horse−4.000−7.070 likeliest',
    ]);
    const missing = page.locator('details.flips[open] details.item', { hasText: 'item 11' });
    await missing.locator('summary').click();
    await send({
      type: 'noItem',
      column: 2,
      reference: 1,
      task: 'kind.test',
      docId: 11,
      message: `No samples ${HOSTILE}`,
    });
    await missing.getByRole('alert').getByText(HOSTILE).waitFor();
  });

  it('draws bars with whiskers for what the table says', async () => {
    const bars = rendered.page.getByRole('figure', { name: 'kind.test · acc as bars' });
    assert.deepEqual(await attributes(bars.getByRole('img'), 'aria-label'), [
      'storyteller-v1: 30.0 ± 10.5',
      'storyteller-v2: 35.0 ± 10.9',
      'storyteller-v2 + kind: 90.0 ± 6.9',
    ]);
    const widths = (await attributes(bars.locator('.score'), 'width')).map(Number);
    assert.ok(Math.abs(widths[2]! / widths[0]! - 3) < 1e-9, 'from zero');
    assert.equal(await bars.locator('.whisker').count(), 9);
  });

  it('pins and unpins what all evaluations are compared with', async () => {
    const { page, send, sent } = rendered;
    await page.getByRole('button', { name: 'Pin as Baseline' }).click();
    assert.deepEqual((await sent()).at(-1), { type: 'pin', column: 1 });
    await send({ type: 'show', files: FILES, view: VIEW, baseline: 'storyteller-v2', chosen: null });
    await page.getByRole('button', { name: 'Unpin Baseline' }).click();
    assert.deepEqual((await sent()).at(-1), { type: 'pin', column: null });
    await send({ type: 'show', files: FILES, view: VIEW, baseline: null, chosen: null });
    await page.getByRole('button', { name: 'Pin as Baseline' }).waitFor();
  });

  it('shows one that runs, and stops it', async () => {
    const again = await renderPage(browser, 'evaluation');
    const cells = [
      { share: 0.5, count: '250 of 500', value: 0.3, stderr: 0.02, text: '30.0 ± 2.0' },
      { share: 0, count: '0 of 500', value: null, stderr: null, text: '–' },
    ];
    const live = {
      progress: '250 of 1000 in all',
      columns: ['a', 'b'],
      rows: [{ name: 'kind · acc', unit: 'percent', cells }],
    };
    await again.send({ type: 'live', title: HOSTILE, live });
    await again.page.getByRole('status').getByText('250 of 1000 in all').waitFor();
    assert.equal(await again.page.getByRole('img', { name: 'a: 250 of 500' }).count(), 1);
    assert.equal(await again.page.getByRole('img', { name: 'a: 30.0 ± 2.0' }).count(), 1);
    await again.page.getByRole('button', { name: 'Stop' }).click();
    assert.deepEqual((await again.sent()).at(-1), { type: 'cancel' });
    await again.send({ type: 'show', files: FILES, view: VIEW, baseline: null, chosen: null });
    await again.page.getByRole('heading', { name: 'Scores' }).waitFor();
    assert.deepEqual(again.problems, []);
  });

  it('keeps its button through every new number, for mouse and keyboard', async () => {
    const again = await renderPage(browser, 'evaluation');
    const cells = [{ share: 0.5, count: '1 of 2', value: null, stderr: null, text: '–' }];
    const live = (progress: string): object => ({
      ...{ type: 'live', title: 'running' },
      live: { progress, columns: ['a'], rows: [{ name: 'kind', unit: 'percent', cells }] },
    });
    await again.send(live('first'));
    const stop = again.page.getByRole('button', { name: 'Stop' });
    await stop.focus();
    const box = (await stop.boundingBox()) ?? assert.fail();
    await again.page.mouse.move(box.x + 5, box.y + 5);
    await again.page.mouse.down();
    await again.send(live('second'));
    await again.page.getByText('second').waitFor();
    await again.page.mouse.up();
    assert.deepEqual((await again.sent()).at(-1), { type: 'cancel' });
    const colours = await again.page.evaluate(
      `['.bar-track', '.bar-fill'].map((name) => getComputedStyle(document.querySelector(name)).fill)`,
    );
    assert.notEqual((colours as string[])[0], (colours as string[])[1], 'what is done can be seen');
    await again.page.keyboard.press('Enter');
    assert.equal((await again.sent()).filter((message) => (message as { type: string }).type === 'cancel').length, 2);
  });

  it('draws the sweep with its best scale, and has the same numbers in a table', async () => {
    const section = rendered.page.locator('.sweep');
    assert.equal(await section.locator('.curve .point').count(), 3);
    assert.equal(await section.locator('.curve .ring').count(), 1);
    const points = (await section.locator('polyline').getAttribute('points'))!.split(' ').map((one) => one.split(','));
    const heights = points.map(([, y]) => Number(y));
    assert.ok(heights[0]! > heights[1]! && heights[1]! > heights[2]!, 'better is higher');
    assert.deepEqual(await section.locator('tbody tr').last().locator('th, td').allTextContents(), [
      '1',
      '90.0 ± 6.9',
      'best',
    ]);
    await section.getByText('optimistic').waitFor();
  });

  it('says how it was computed at its end, and what is worth knowing at its beginning', async () => {
    await rendered.page.getByRole('heading', { name: 'How it was computed' }).waitFor();
    await rendered.page.getByText('cpu, float32 arithmetic').waitFor();
    await rendered.page.getByText('corrected for 2 comparisons (Holm)').waitFor();
    await rendered.page.getByText(`A warning about ${HOSTILE}`).waitFor();
  });

  it('asks for the differences to another column, and keeps the keyboard where it was', async () => {
    const { page, send, sent, state } = rendered;
    await page.locator('vscode-dropdown').click();
    await page.getByRole('option', { name: 'storyteller-v1 (old base)' }).click();
    await page.waitForTimeout(CHOICE_MS);
    assert.deepEqual((await sent()).at(-1), { type: 'reference', column: 0 });
    await send({ type: 'busy', message: 'Comparing again …' });
    await page.getByRole('status').waitFor();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await send({
      type: 'show',
      files: FILES,
      view: { ...VIEW, reference: 0 },
      baseline: null,
      chosen: 'storyteller-v1',
    });
    await page.getByRole('status').waitFor({ state: 'detached' });
    assert.equal(((await state()) as { reference: string }).reference, 'storyteller-v1');
    assert.equal(await page.locator('vscode-dropdown:focus').count(), 1);
    await page.locator('details[open]', { hasText: 'kind: 12 gained' }).waitFor();
  });

  it('shows every pair on one axis, a table for each reference', async () => {
    const tables = rendered.page.getByRole('region', { name: 'differences to' });
    assert.equal(await tables.count(), 2);
    const zeros = await attributes(rendered.page.locator('.interval .zero'), 'x1');
    assert.equal(zeros.length, 3);
    assert.equal(new Set(zeros).size, 1);
  });

  it('hands its buttons to the host', async () => {
    for (const [name, type] of [
      ['Copy as Markdown', 'copyMarkdown'],
      ['Compare With…', 'compareWith'],
      ['Export CSV…', 'exportCsv'],
      ['Open Results File', 'openFile'],
    ] as const) {
      await rendered.page.getByRole('button', { name, exact: true }).click();
      assert.deepEqual((await rendered.sent()).at(-1), { type });
    }
  });

  it('has no differences where one column is alone', async () => {
    const again = await renderPage(browser, 'evaluation');
    await again.send({ type: 'show', files: FILES, view: { ...VIEW, reference: null }, baseline: null, chosen: null });
    await again.page.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await again.page.locator('vscode-dropdown, .interval').count(), 0);
    assert.deepEqual(await again.state(), { files: FILES, title: VIEW.title, reference: null, open: [] });
  });

  it('shows a problem, and what was stopped', async () => {
    const again = await renderPage(browser, 'evaluation');
    await again.send({ type: 'problem', message: `Cannot read ${HOSTILE}` });
    await again.page.getByRole('alert').getByText(HOSTILE).waitFor();
    await again.page.getByRole('button', { name: 'Try Again' }).click();
    assert.deepEqual((await again.sent()).at(-1), { type: 'retry' });
    await again.send({
      type: 'show',
      files: FILES,
      view: { ...VIEW, partial: '7 of 20 items' },
      baseline: null,
      chosen: null,
    });
    await again.page.getByText('7 of 20 items').waitFor();
    assert.deepEqual(again.problems, []);
  });

  it('violates no policy and runs no error', () => assert.deepEqual(rendered.problems, []));
});
