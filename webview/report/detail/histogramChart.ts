import { scaleLinear } from 'd3-scale';
import type { Histogram, OutputDtype } from '../../../src/diagnostics/types.ts';
import { axisNames, chartPicture, horizontalLines, SMALL } from '../../common/axes.ts';
import { element, svg } from '../../common/dom.ts';
import { disclosure, table } from '../../common/parts.ts';
import { superscript, written } from '../numbers.ts';

interface Bin {
  readonly exponent: number;
  readonly count: number;
  readonly absorbed: number;
}

/** Bins that hold less than this part of the largest cannot be seen; the table has them. */
const VISIBLE = 1e-3;
const LABEL = 30;

/** The elements of Δ by size, and how many of each size rounding to a dtype swallows. */
export function histogramSection({ from, counts, absorbed }: Histogram, dtype: OutputDtype): HTMLElement {
  const bins = counts.map((count, i): Bin => ({ exponent: from + i, count, absorbed: absorbed[dtype][i] ?? 0 }));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const lost = absorbed[dtype].reduce((sum, count) => sum + count, 0);
  return element(
    'section',
    { class: 'small-chart' },
    element('h4', {}, `Elements of Δ by size, and what ${dtype} leaves unchanged`),
    ...(total === 0 ? [element('p', { class: 'note' }, 'No element is changed.')] : [chart(bins, dtype)]),
    element(
      'p',
      { class: 'note' },
      `${total === 0 ? '0' : written(lost / total, 'percent')} of the elements stay as they were in ${dtype}.`,
    ),
    disclosure(
      'The same as a table',
      table(
        `Elements of Δ by size, and what ${dtype} leaves unchanged`,
        [
          { title: '|Δ| from', value: ({ exponent }: Bin) => power(exponent) },
          { title: 'Elements', kind: 'number', value: ({ count }: Bin) => count.toLocaleString('en') },
          {
            title: `Unchanged in ${dtype}`,
            kind: 'number',
            value: ({ absorbed: some }: Bin) => some.toLocaleString('en'),
          },
        ],
        bins,
      ),
    ),
  );
}

/** float32's smallest exponent, below which all is in one bin. */
const LEAST = -127;

function power(exponent: number): string {
  if (exponent === LEAST) return `< 2${superscript(LEAST + 1)}`;
  return `2${superscript(exponent)}`;
}

function chart(all: readonly Bin[], dtype: OutputDtype): HTMLElement {
  const { width, height, left, right, top, bottom } = SMALL;
  const most = Math.max(...all.map(({ count }) => count));
  const bins = all.slice(
    all.findIndex(({ count }) => count >= VISIBLE * most),
    all.findLastIndex(({ count }) => count >= VISIBLE * most) + 1,
  );
  const total = all.reduce((sum, { count }) => sum + count, 0);
  const y = scaleLinear([0, most / total], [height - bottom, top]).nice(3);
  const step = (width - left - right) / bins.length;
  const every = Math.ceil(LABEL / step);
  const picture = chartPicture(
    SMALL,
    `Share of the elements in each power of two of |Δ|, and the part that ${dtype} leaves unchanged`,
  );
  picture.append(
    ...horizontalLines(
      SMALL,
      y.ticks(3).map((tick) => ({ y: y(tick), text: written(tick, 'percent') })),
    ),
    ...axisNames(SMALL, '|Δ|', 'share of elements'),
  );
  bins.forEach(({ exponent, count, absorbed }, i) => {
    const x = left + i * step;
    const bar = (value: number, kind: string): SVGElement =>
      svg('rect', {
        x: x + 1,
        width: Math.max(1, step - 2),
        y: y(value / total),
        height: y(0) - y(value / total),
        class: kind,
      });
    picture.append(bar(count, 'bar'), bar(absorbed, 'bar swallowed'));
    if (i % every === 0)
      picture.append(
        svg('text', { x: x + step / 2, y: height - bottom + 14, 'text-anchor': 'middle' }, power(exponent)),
      );
  });
  return element('div', {}, picture, key(dtype));
}

function key(dtype: OutputDtype): HTMLElement {
  const swatch = (kind: string): SVGElement => {
    const picture = svg('svg', { viewBox: '0 0 12 12', width: 12, height: 12, class: 'curve', 'aria-hidden': 'true' });
    picture.append(svg('rect', { x: 0.5, y: 0.5, width: 11, height: 11, class: kind }));
    return picture;
  };
  return element(
    'p',
    { class: 'key' },
    swatch('bar'),
    ' arrives, at least in part ',
    swatch('bar swallowed'),
    ` unchanged in ${dtype}`,
  );
}
