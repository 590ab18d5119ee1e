import { scaleLinear } from 'd3-scale';
import type { ViewPoint, ViewSweep } from '../../src/editor/evaluation/viewTypes.ts';
import { element, svg } from '../common/dom.ts';
import { table } from '../common/parts.ts';
import { scaleDomain, scoreDomain, ticksOf } from './scales.ts';

const WIDTH = 460;
const HEIGHT = 240;
const LEFT = 56;
const RIGHT = 40;
const TOP = 24;
const BOTTOM = 44;
const LABEL_WIDTH = 26;

/** A curve of the score over the scale, and the same numbers as a table. */
export function sweepSection(sweep: ViewSweep): HTMLElement {
  const { name, label, caveats, points } = sweep;
  return element(
    'section',
    { class: 'sweep', 'aria-label': `Scale sweep of ${label} on ${name}` },
    element('h3', {}, `${name}: ${label}`),
    sweepChart(sweep),
    ...caveats.map((caveat) => element('p', { class: 'note' }, caveat)),
    table(
      `${name} at every scale`,
      [
        { title: 'λ', kind: 'number', value: ({ scale }: ViewPoint) => String(scale) },
        { title: 'Score', kind: 'number', value: ({ text }: ViewPoint) => text },
        { title: '', value: ({ scale }: ViewPoint) => (scale === sweep.best ? 'best' : '') },
      ],
      points,
    ),
  );
}

function sweepChart({ name, points, unit, best }: ViewSweep): SVGElement {
  const scores = scoreDomain(points);
  const x = scaleLinear(scaleDomain(points), [LEFT, WIDTH - RIGHT]);
  const y = scaleLinear(scores, [HEIGHT - BOTTOM, TOP]);
  const label = `${name} over the scale of the patch, best at ${best}; the table below holds the numbers`;
  const picture = svg('svg', { class: 'curve', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label });
  picture.style.width = `min(100%, ${WIDTH}px)`;
  for (const { at, text } of ticksOf(scores, unit))
    picture.append(
      svg('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: y(at), y2: y(at), class: 'grid' }),
      svg('text', { x: LEFT - 8, y: y(at) + 4, 'text-anchor': 'end' }, text),
    );
  let free = -Infinity;
  for (const { scale } of points) {
    picture.append(
      svg('line', { x1: x(scale), x2: x(scale), y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 5, class: 'axis' }),
    );
    // Where scales lie close together, the table has their numbers.
    if (x(scale) < free) continue;
    free = x(scale) + LABEL_WIDTH;
    picture.append(svg('text', { x: x(scale), y: HEIGHT - BOTTOM + 18, 'text-anchor': 'middle' }, String(scale)));
  }
  picture.append(
    svg('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM, class: 'axis' }),
    svg('text', { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, 'text-anchor': 'middle' }, 'scale λ of the patch'),
    svg('text', { x: 4, y: 11 }, unit === 'percent' ? 'score, %' : 'score'),
    svg('polyline', { class: 'line', points: points.map(({ scale, value }) => `${x(scale)},${y(value)}`).join(' ') }),
    ...points.flatMap((point) => marks(point, x(point.scale), y, point.scale === best)),
  );
  return picture;
}

/** A point with its error bar; the best has a ring around it and its name beside it. */
function marks({ value, stderr }: ViewPoint, x: number, y: (value: number) => number, isBest: boolean): SVGElement[] {
  const bar = (from: number, to: number, half: number): SVGElement =>
    svg('line', { x1: x - half, x2: x + half, y1: from, y2: to, class: 'whisker' });
  const [top, bottom] = [y(value + (stderr ?? 0)), y(value - (stderr ?? 0))];
  const errors = stderr === null ? [] : [bar(top, bottom, 0), bar(top, top, 4), bar(bottom, bottom, 4)];
  const isLow = y(value) > HEIGHT - BOTTOM - 24;
  const name = svg('text', { x: x + 11, y: y(value) + (isLow ? -8 : 16), class: 'best' }, 'best');
  const ring = isBest ? [svg('circle', { cx: x, cy: y(value), r: 7, class: 'ring' }), name] : [];
  return [...errors, svg('circle', { cx: x, cy: y(value), r: 3.5, class: 'point' }), ...ring];
}
