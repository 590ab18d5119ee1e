import { scaleLinear, type ScaleLinear } from 'd3-scale';
import type { ViewDifference, ViewUnit } from '../../src/editor/evaluation/viewTypes.ts';
import { svg, type Child } from '../common/dom.ts';
import { ticksOf, type Domain } from './scales.ts';

const WIDTH = 150;
const HEIGHT = 20;
const MARGIN = 14;
const MIDDLE = HEIGHT / 2;
const TICKS = 3;

function xOf(domain: Domain): ScaleLinear<number, number> {
  return scaleLinear(domain, [MARGIN, WIDTH - MARGIN]);
}

/** The ticks of all plots below it. */
export function intervalAxis(domain: Domain, unit: ViewUnit): SVGElement {
  const x = xOf(domain);
  const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT };
  const axis = svg('svg', { class: 'interval', ...size, 'aria-hidden': 'true' });
  for (const { at, text } of ticksOf(domain, unit, TICKS))
    axis.append(
      svg('text', { x: x(at), y: MIDDLE, 'text-anchor': 'middle' }, text),
      svg('line', { x1: x(at), x2: x(at), y1: HEIGHT - 5, y2: HEIGHT, class: 'tick' }),
    );
  return axis;
}

/** The difference with its interval, beside a line at zero; the words say the same. */
export function intervalPlot({ value, low, high, text, interval }: ViewDifference, domain: Domain): Child {
  if (![value, low, high].every(Number.isFinite)) return '';
  const x = xOf(domain);
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
