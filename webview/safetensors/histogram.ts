import { scaleLinear } from 'd3-scale';
import type { PowerOfTwo, ValueFigures } from '../../src/diagnostics/figureTypes.ts';
import { element, svg } from '../common/dom.ts';
import { disclosure, table } from '../common/parts.ts';
import { exactCount, shareText } from './words.ts';

const WIDTH = 320;
const HEIGHT = 150;
const TOP = 10;
const BOTTOM = 34;
const LABELS = 6;

/** How many values there are of each size, as bars, and the same numbers as a table. */
export function histogram({ powers, elements }: ValueFigures): HTMLElement {
  if (powers.length === 0) return element('p', { class: 'note' }, 'No value is finite and other than zero.');
  return element(
    'section',
    { class: 'histogram', 'aria-label': 'Histogram of the sizes of the values' },
    picture(powers, elements),
    disclosure(
      'The numbers of this histogram',
      table(
        'Values by powers of two',
        [
          { title: '|x| from', kind: 'number', value: ({ exponent }: PowerOfTwo) => power(exponent) },
          { title: 'to below', kind: 'number', value: ({ exponent }: PowerOfTwo) => power(exponent + 1) },
          { title: 'Values', kind: 'number', value: ({ count }: PowerOfTwo) => shareText(count, elements) },
        ],
        powers,
      ),
    ),
  );
}

function picture(powers: readonly PowerOfTwo[], elements: number): SVGElement {
  const [first, last] = [powers[0]?.exponent ?? 0, powers.at(-1)?.exponent ?? 0];
  const most = powers.reduce((best, one) => (one.count > best.count ? one : best));
  const x = scaleLinear([first, last + 1], [1, WIDTH - 1]);
  const y = scaleLinear([0, most.count], [HEIGHT - BOTTOM, TOP]);
  const width = Math.max(0.5, x(1) - x(0) - (x(1) - x(0) > 4 ? 1.5 : 0));
  const label =
    `Histogram of |x| from ${power(first)} to ${power(last + 1)}; most of them, ` +
    `${shareText(most.count, elements)}, lie from ${power(most.exponent)} to ${power(most.exponent + 1)}. The table below holds the numbers.`;
  const shape = svg('svg', { class: 'powers', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label });
  shape.style.width = `min(100%, ${WIDTH}px)`;
  for (const { exponent, count } of powers) {
    // A single value among billions can be seen too.
    const height = Math.max(1, HEIGHT - BOTTOM - y(count));
    const bar = svg('rect', { x: x(exponent), y: HEIGHT - BOTTOM - height, width, height });
    bar.append(svg('title', {}, `${power(exponent)} ≤ |x| < ${power(exponent + 1)}: ${exactCount(count)}`));
    shape.append(bar);
  }
  shape.append(svg('line', { class: 'axis', x1: 0, x2: WIDTH, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }));
  const step = Math.max(1, Math.ceil((last + 1 - first) / LABELS));
  for (let exponent = first; exponent <= last + 1; exponent += step) {
    const anchor = exponent === first ? 'start' : exponent > last ? 'end' : 'middle';
    shape.append(svg('text', { x: x(exponent), y: HEIGHT - BOTTOM + 14, 'text-anchor': anchor }, power(exponent)));
  }
  shape.append(svg('text', { x: WIDTH / 2, y: HEIGHT - 4, 'text-anchor': 'middle' }, '|x|, by powers of two'));
  return shape;
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function power(exponent: number): string {
  return `2${String(exponent)
    .replace('-', '⁻')
    .replaceAll(/\d/g, (digit) => RAISED[Number(digit)] ?? digit)}`;
}
