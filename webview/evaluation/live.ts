import type { LiveView, LiveViewRow } from '../../src/editor/evaluation/viewTypes.ts';
import { element, svg } from '../common/dom.ts';
import { barChart } from './bars.ts';

/** How far an evaluation is, and what it has found so far. */
export function liveSection({ progress, columns, rows }: LiveView): HTMLElement {
  return element(
    'section',
    { class: 'live', 'aria-label': 'Evaluation under way' },
    element('p', { role: 'status' }, progress),
    ...rows.flatMap((row) => [done(row, columns), ...scores(row, columns)]),
  );
}

/** One line for each column: a bar of what is done. */
function done({ name, cells }: LiveViewRow, columns: readonly string[]): HTMLElement {
  const figure = element('figure', { class: 'bars', 'aria-label': `${name}: items answered` });
  figure.append(element('figcaption', {}, `${name}: items answered`));
  cells.forEach(({ share, count }, i) => {
    const size = { viewBox: '0 0 100 10', height: 10, preserveAspectRatio: 'none' };
    const bar = svg('svg', {
      ...size,
      class: 'bar-picture',
      role: 'img',
      'aria-label': `${columns[i] ?? ''}: ${count}`,
    });
    bar.append(
      svg('rect', { x: 0, y: 0, width: 100, height: 10, class: 'bar-track' }),
      svg('rect', { x: 0, y: 0, width: 100 * Math.min(1, share), height: 10, class: 'bar-fill' }),
    );
    figure.append(
      element('span', { class: 'bar-label' }, columns[i] ?? ''),
      bar,
      element('span', { class: 'bar-value' }, count),
    );
  });
  return figure;
}

function scores({ name, unit, cells }: LiveViewRow, columns: readonly string[]): HTMLElement[] {
  const bars = cells.flatMap(({ value, stderr, text }, i) =>
    value === null ? [] : [{ label: columns[i] ?? '', role: null, value, stderr, text }],
  );
  return bars.length === 0 ? [] : [barChart(`${name}, so far`, bars, unit)];
}
