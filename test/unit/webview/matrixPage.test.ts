/** The dashboard of a matrix, in a real browser. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { viewOf } from '../../../src/editor/matrix/view.ts';
import { HOSTILE, STATE } from '../../support/matrixState.ts';
import { renderPage, type RenderedPage } from '../../support/pageInBrowser.ts';
import { launchBrowser } from '../../vscode/harness/browser.ts';

describe('the page of a matrix', () => {
  let browser: Browser;
  let rendered: RenderedPage;
  let page: Page;
  const last = async (): Promise<unknown> => (await rendered.sent()).at(-1);
  const show = (state = STATE, isRunning = true): Promise<void> =>
    rendered.send({ type: 'show', out: state.out, view: viewOf(state, isRunning) });
  before(async () => {
    browser = await launchBrowser();
    rendered = await renderPage(browser, 'matrix');
    ({ page } = rendered);
  });
  after(() => browser.close());

  it('shows a cell for each patch, base and task, in colours and in words', async () => {
    assert.deepEqual(await rendered.sent(), [{ type: 'ready' }]);
    await show();
    await page.getByRole('heading', { name: 'small' }).waitFor();
    assert.equal(await page.locator('button.cell').count(), 8);
    assert.equal(await page.locator('td.better').count(), 3);
    assert.equal(await page.locator('td.worse').count(), 3);
    await page
      .getByRole('button', { name: /^kind on v2, kind\.test: ported 80\.0 ± 2\.0, base alone 30\.0 ± 2\.0, \+50\.0/ })
      .waitFor();
    assert.equal(await page.getByRole('button', { name: 'not computed yet' }).isDisabled(), true);
    const shades = await page
      .locator('.matrix tbody td[style]')
      .evaluateAll((cells) =>
        (cells as unknown as { style: { getPropertyValue(name: string): string } }[]).map(({ style }) =>
          style.getPropertyValue('--shade'),
        ),
      );
    assert.deepEqual(shades, ['16%', '20%', '40%', '40%', '1%', '8%']);
    assert.deepEqual(await rendered.state(), { out: '/m', shown: 'difference' });
  });

  it('holds all numbers in a table', async () => {
    const rows = page.getByRole('region', { name: 'All cells of the matrix' }).locator('tbody tr');
    assert.equal(await rows.count(), 8);
    assert.match(
      await rows.nth(2).innerText(),
      /kind\s+v2\s+kind\.test\s*acc, higher is better\s+30\.0 ± 2\.0\s+80\.0 ± 2\.0\s+\+50\.0\s*\[45\.0, 55\.0\]\s+better \(p < 0\.0001\)\s+90 %/,
    );
    assert.equal(await page.getByText(HOSTILE, { exact: true }).first().isVisible(), true);
  });

  it('opens the comparison behind a cell, by keyboard too', async () => {
    await page.locator('button.cell').nth(2).click();
    assert.deepEqual(await last(), { type: 'open', row: 1, column: 0 });
    await page.locator('button.cell').nth(3).focus();
    await page.keyboard.press('Enter');
    assert.deepEqual(await last(), { type: 'open', row: 1, column: 1 });
  });

  it('keeps the keyboard where it is while cells fill in', async () => {
    await page.locator('button.cell').nth(4).focus();
    await show({ ...STATE, done: 10 });
    await page.getByText('10 of 10 parts are done').waitFor();
    assert.equal(
      await page
        .locator('button.cell')
        .nth(4)
        .evaluate(
          (cell) => cell === (globalThis as unknown as { document: { activeElement: unknown } }).document.activeElement,
        ),
      true,
    );
  });

  it('colours by recovery where patches were retrained, and remembers that', async () => {
    const choice = page.locator('vscode-dropdown[aria-label="Colours"]');
    await choice.focus();
    await choice.press('ArrowDown');
    await page.getByRole('button', { name: /^kind on v2, kind\.test: .*90 % \[80\.0, 100\.0\]/ }).waitFor();
    assert.deepEqual(await rendered.state(), { out: '/m', shown: 'recovery' });
  });

  it('is stopped while it runs, goes on later, and says what is wrong', async () => {
    await page.getByRole('button', { name: 'Stop' }).click();
    assert.deepEqual(await last(), { type: 'stop' });
    await show(STATE, false);
    await page.getByRole('button', { name: 'Continue' }).click();
    assert.deepEqual(await last(), { type: 'continue' });
    await show({ ...STATE, done: 10 }, false);
    await page.getByRole('button', { name: 'Continue' }).waitFor({ state: 'detached' });
    await rendered.send({ type: 'problem', message: `Cannot read ${HOSTILE}` });
    await page.getByRole('alert').getByText(HOSTILE).waitFor();
    assert.deepEqual(rendered.problems, []);
  });
});
