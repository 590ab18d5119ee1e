import { scaleLinear } from 'd3-scale';
import type { ReportView, ViewMetric } from '../../src/editor/report/viewTypes.ts';
import { element, svg } from '../common/dom.ts';
import { lateDisclosure, table } from '../common/parts.ts';
import { combined } from './combine.ts';
import { layerName, type Geometry } from './geometry.ts';
import type { Grid } from './grid.ts';
import { written } from './numbers.ts';

const HEIGHT = 150;
const TOP = 10;
const BOTTOM = 26;

interface Point {
  readonly column: number;
  readonly layer: number | null;
  readonly value: number | null;
  readonly chance: number | null;
  readonly tensors: readonly (number | null)[];
}

/** The metric layer by layer: a dot for each tensor, a line for the layer, dashes for chance; and the same as a table. */
export function profile(grid: Grid, geometry: Geometry, view: ReportView, metric: ViewMetric): HTMLElement {
  const index = view.metrics.indexOf(metric);
  const points = grid.layers.map((layer, column): Point => {
    const tensors = grid.cells.filter((cell) => cell.column === column).map(({ tensor }) => tensor);
    return {
      ...{ column, layer },
      ...combined(tensors, view.metrics, metric),
      tensors: tensors.map((tensor) => tensor.values[index] ?? null),
    };
  });
  const layers = points.filter(({ layer }) => layer !== null);
  if (layers.length < 2) return element('div', {});
  const words = metric.combine.kind === 'mean' ? 'the mean of its tensors' : 'all of its elements together';
  return element(
    'section',
    { class: 'profile', 'aria-label': `${metric.label} by layer` },
    element('h3', {}, `${metric.label} by layer`),
    element('p', { class: 'note' }, `Dots: tensors. Line: of each layer ${words}.${chanceNote(metric, points)}`),
    element('div', { class: 'chart-scroll' }, chart(points, geometry, metric)),
    lateDisclosure('The same as a table', () =>
      table(
        `${metric.label} by layer`,
        [
          { title: 'Layer', value: ({ layer }: Point) => layerName(layer) },
          { title: metric.label, kind: 'number', value: ({ value }: Point) => written(value, metric.unit) },
          ...(metric.beside === null
            ? []
            : [
                {
                  title: metric.beside,
                  kind: 'number' as const,
                  value: ({ chance }: Point) => written(chance, 'number'),
                },
              ]),
        ],
        points,
      ),
    ),
  );
}

function chanceNote({ beside }: ViewMetric, points: readonly Point[]): string {
  return beside === null || points.every(({ chance }) => chance === null) ? '' : ` Dashes: ${beside}.`;
}

function chart(points: readonly Point[], { left, width, x, labelled }: Geometry, metric: ViewMetric): SVGElement {
  const isBand = metric.unit === 'signed';
  const chances = points.flatMap(({ chance }) => (chance === null ? [] : isBand ? [chance, -chance] : [chance]));
  const values = [...points.flatMap(({ tensors }) => tensors), ...points.map(({ value }) => value), ...chances];
  const y = scaleLinear(domainOf(values.filter((value) => value !== null)), [HEIGHT - BOTTOM, TOP]).nice(4);
  const size = { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT };
  const label = `${metric.label} by layer; the table below holds the numbers`;
  const picture = svg('svg', { class: 'curve', ...size, role: 'img', 'aria-label': label });
  const right = width - 12;
  for (const tick of y.ticks(4))
    picture.append(
      svg('line', { x1: left, x2: right, y1: y(tick), y2: y(tick), class: 'grid' }),
      svg('text', { x: left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, written(tick, metric.unit)),
    );
  picture.append(svg('text', { x: left - 8, y: HEIGHT - 6, 'text-anchor': 'end' }, 'layer'));
  for (const { column, layer } of points)
    if (labelled(column))
      picture.append(svg('text', { x: x(column), y: HEIGHT - 6, 'text-anchor': 'middle' }, layerName(layer)));
  const line = (of: (point: Point) => number | null, kind: string): SVGElement =>
    svg('polyline', {
      class: kind,
      points: points
        .flatMap((point) => {
          const value = point.layer === null ? null : of(point);
          return value === null ? [] : [`${x(point.column)},${y(value)}`];
        })
        .join(' '),
    });
  if (metric.beside !== null) {
    picture.append(line(({ chance }) => chance, 'chance'));
    if (isBand) picture.append(line(({ chance }) => (chance === null ? null : -chance), 'chance'));
  }
  // One shape: the browser takes a thousand circles as long as all else.
  const dots = points.flatMap(({ column, tensors }) =>
    tensors.flatMap((value) => (value === null ? [] : [dot(x(column), y(value))])),
  );
  picture.append(svg('path', { d: dots.join(''), class: 'tensor' }));
  picture.append(line(({ value }) => value, 'line'));
  return picture;
}

const RADIUS = 2.2;

function dot(x: number, y: number): string {
  const half = `a${RADIUS} ${RADIUS} 0 1 0`;
  return `M${x - RADIUS} ${y}${half} ${2 * RADIUS} 0${half} ${-2 * RADIUS} 0`;
}

/** From zero, unless all values lie close together far from it. */
function domainOf(values: readonly number[]): [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (!Number.isFinite(low)) return [0, 1];
  if (low === high) return low === 0 ? [0, 1] : [Math.min(0, low), Math.max(0, high)];
  const isNarrow = low > 0 && high - low < 0.4 * high;
  return [isNarrow ? low : Math.min(0, low), Math.max(0, high)];
}
