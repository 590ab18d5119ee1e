import { scaleLinear } from 'd3-scale';
import type { ViewDifference } from '../../src/editor/evaluation/viewTypes.ts';
import { svg, type Child } from '../common/dom.ts';
import type { Domain } from './scales.ts';

const WIDTH = 150;
const HEIGHT = 20;
const MIDDLE = HEIGHT / 2;

/** The difference with its interval, beside a line at zero; the words say the same. */
export function intervalPlot({ value, low, high, text, interval }: ViewDifference, domain: Domain): Child {
  if (![value, low, high].every(Number.isFinite)) return '';
  const x = scaleLinear(domain, [4, WIDTH - 4]);
  const line = (from: number, to: number, top: number, bottom: number, kind: string): SVGElement =>
    svg('line', { x1: x(from), x2: x(to), y1: top, y2: bottom, class: kind });
  return svg(
    'svg',
    {
      class: 'interval',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      width: WIDTH,
      height: HEIGHT,
      role: 'img',
      'aria-label': `difference ${text}, 95 % interval ${interval}`,
    },
    line(0, 0, 0, HEIGHT, 'zero'),
    line(low, high, MIDDLE, MIDDLE, 'whisker'),
    line(low, low, MIDDLE - 5, MIDDLE + 5, 'whisker'),
    line(high, high, MIDDLE - 5, MIDDLE + 5, 'whisker'),
    svg('circle', { cx: x(value), cy: MIDDLE, r: 3.5, class: 'point' }),
  );
}
