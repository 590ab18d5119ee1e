/** The list of evaluations in the side bar, in a real browser. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { HOSTILE, VIEW } from '../../support/evaluationView.ts';
import { renderPage, type RenderedPage } from '../../support/pageInBrowser.ts';
import { launchBrowser } from '../../vscode/harness/browser.ts';

const RUNS = [
  { id: '/e/new', title: HOSTILE, status: 'finished', detail: '3 columns, 2026-11-26 12:30' },
  { id: '/e/old', title: 'old', status: 'stopped', detail: '1 column, 2026-11-25 12:30' },
];

describe('the list of evaluations', () => {
  let browser: Browser;
  let rendered: RenderedPage;
  let page: Page;
  const last = async (): Promise<unknown> => (await rendered.sent()).at(-1);
  before(async () => {
    browser = await launchBrowser();
    rendered = await renderPage(browser, 'runs');
    ({ page } = rendered);
    await page.setViewportSize({ width: 300, height: 700 });
  });
  after(() => browser.close());

  it('says what to do where there is none', async () => {
    assert.deepEqual(await rendered.sent(), [{ type: 'ready', chosen: null }]);
    await rendered.send({ type: 'runs', runs: [], baseline: null });
    await page.getByRole('button', { name: 'Import Results…' }).click();
    assert.deepEqual(await last(), { type: 'import' });
    await page.getByRole('button', { name: 'Evaluate…' }).click();
    assert.deepEqual(await last(), { type: 'evaluate' });
  });

  it('lists them with their status in words, and chooses by keyboard', async () => {
    await rendered.send({ type: 'runs', runs: RUNS, baseline: null });
    const options = page.getByRole('option');
    await options.first().waitFor();
    assert.deepEqual(await options.allTextContents(), [
      `${HOSTILE}3 columns, 2026-11-26 12:30`,
      'old1 column, 2026-11-25 12:30',
    ]);
    assert.equal(await page.locator('[role=option] [aria-label=stopped]').count(), 1);
    await page.locator('[role=option][tabindex="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    assert.deepEqual(await last(), { type: 'choose', id: '/e/new' });
    assert.deepEqual(await rendered.state(), { chosen: '/e/new' });
    assert.equal(
      await page.locator('[role=option]:focus[aria-selected=true]').count(),
      1,
      'the keyboard stays where it was',
    );
    await page.keyboard.press('Enter');
    assert.deepEqual(await last(), { type: 'open', id: '/e/new' });
  });

  it('shows the chosen one in short, and no other', async () => {
    await rendered.send({ type: 'show', id: '/e/old', view: { ...VIEW, subtitle: 'of another' } });
    await rendered.send({ type: 'show', id: '/e/new', view: VIEW });
    await page.getByRole('heading', { level: 2, name: HOSTILE }).waitFor();
    assert.equal(await page.getByText('of another').count(), 0);
    assert.equal(await page.getByRole('figure').count(), 1);
    const lines = await page.locator('.differences-short li').allTextContents();
    assert.equal(lines.length, 2);
    assert.match(lines[1] ?? '', /^storyteller-v2 \+ kind \+55\.0 \[\+30\.0, \+80\.0\], better/);
    await page.getByRole('button', { name: 'Pin as Baseline' }).click();
    assert.deepEqual(await last(), { type: 'pin', column: 1 });
    await page.getByRole('button', { name: 'Open in Editor' }).click();
    assert.deepEqual(await last(), { type: 'open', id: '/e/new' });
    assert.equal(
      await page.evaluate(
        () =>
          (globalThis as unknown as { document: { documentElement: { scrollWidth: number } } }).document.documentElement
            .scrollWidth,
      ),
      300,
      'nothing is wider than the side bar',
    );
  });

  it('shows what runs as it comes, and lets it be stopped', async () => {
    const running = { id: '/e/new', title: 'new', status: 'running', detail: '10 of 20 items' };
    await rendered.send({ type: 'runs', runs: [running], baseline: null });
    const cells = [{ share: 0.5, count: '10 of 20', value: null, stderr: null, text: '–' }];
    const live = { progress: '10 of 20 items', columns: ['a'], rows: [{ name: 'kind', unit: 'percent', cells }] };
    await rendered.send({ type: 'live', id: '/e/new', live });
    await page.getByRole('img', { name: 'a: 10 of 20' }).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    assert.deepEqual(await last(), { type: 'cancel', id: '/e/new' });
  });

  it('says a problem, comes back with what was chosen, and follows what runs', async () => {
    await rendered.send({ type: 'problem', id: '/e/new', message: `Cannot read ${HOSTILE}` });
    await page.getByRole('alert').getByText(HOSTILE).waitFor();
    const again = await renderPage(browser, 'runs', { chosen: '/e/old' });
    assert.deepEqual(await again.sent(), [{ type: 'ready', chosen: '/e/old' }]);
    const fresh = await renderPage(browser, 'runs');
    await fresh.send({ type: 'runs', runs: [{ ...RUNS[1], status: 'running' }], baseline: null });
    await fresh.page.locator('[aria-selected=true]').waitFor();
    assert.deepEqual((await fresh.sent()).at(-1), { type: 'choose', id: '/e/old' });
    assert.deepEqual([...rendered.problems, ...again.problems, ...fresh.problems], []);
  });
});
