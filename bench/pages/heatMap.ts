/**
 * How long the report of the largest models takes to be drawn, and to answer: 126 layers of 7 modules (Llama 3.1 405B).
 *
 *     node bench/pages/heatMap.ts [--out FILE.md]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { reportView } from '../../src/editor/report/view.ts';
import { renderPage } from '../../test/support/pageInBrowser.ts';
import { largeTensors, smallFile } from '../../test/support/reportView.ts';
import { launchBrowser } from '../../test/vscode/harness/browser.ts';
import { machine, median } from '../support/measure.ts';

const { values: options } = parseArgs({ options: { out: { type: 'string' } } });
const ROUNDS = 7;
const SOURCE = { kind: 'diagnosis', file: '/bench.diagnosis.json' };

/** Milliseconds from a change to the second frame after it: by then it is on the screen. */
function timed(page: Page, change: string): Promise<number> {
  return page.evaluate(
    `new Promise((resolve) => {
      const begin = performance.now();
      ${change};
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begin)));
    })`,
  );
}

const view = reportView({ port: null, diagnosis: await smallFile() });
const tensors = largeTensors(126, view.metrics.length);
const message = JSON.stringify({ type: 'show', source: SOURCE, view: { ...view, tensors }, other: null });
const browser = await launchBrowser();
const first: number[] = [];
const metric: number[] = [];
const filter: number[] = [];
const frame: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const { page } = await renderPage(browser, 'report');
  frame.push(await timed(page, ''));
  first.push(await timed(page, `window.dispatchEvent(new MessageEvent('message', { data: ${message} }))`));
  const choose = (label: string, place: number): string =>
    `{ const box = document.querySelector('vscode-dropdown[aria-label="${label}"]'); box.selectedIndex = ${place}; box.dispatchEvent(new Event('change')); }`;
  metric.push(await timed(page, choose('Show', 10)));
  filter.push(await timed(page, choose('of', 1)));
  await page.close();
}
await browser.close();
const row = (what: string, values: readonly number[]): string =>
  `| ${what} | ${median(values).toFixed(0)} | ${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)} |`;
const text = `# The report of 126 layers × 7 modules

\`node bench/pages/heatMap.ts\` on ${machine()}: milliseconds until the second frame after a change, headless Chromium,
${ROUNDS} rounds. Two frames without a change are the floor.

| what | median | least–most |
| --- | --- | --- |
${row('two frames, nothing changed', frame)}
${row('the whole page, from the message on (882 cells, profile)', first)}
${row('another figure: heat map, legend and profile drawn anew', metric)}
${row('another filter: of half of the modules', filter)}
`;
console.log(text);
if (options.out !== undefined) writeFileSync(options.out, text);
