import type { ViewMetric, ViewTensor } from '../../src/editor/report/viewTypes.ts';
import { element, fill, svg } from '../common/dom.ts';
import type { Tooltip } from '../common/tooltip.ts';
import type { Colours } from './colours.ts';
import { layerName, type Geometry } from './geometry.ts';
import { nextCell, type Grid, type GridCell } from './grid.ts';
import { inWords } from './numbers.ts';

const ROW = 24;
const TOP = 22;
const GAP = 1;

export interface HeatMapOptions {
  readonly grid: Grid;
  readonly geometry: Geometry;
  readonly metric: ViewMetric;
  /** The metric's place among the values of a tensor. */
  readonly index: number;
  readonly colours: Colours;
  readonly tooltip: Tooltip;
  /** The tensor whose details are shown. */
  readonly chosen: string | null;
  readonly onChoose: (tensor: ViewTensor) => void;
  /** What else is said of a tensor: the same number of another report. */
  readonly more: (tensor: ViewTensor) => string;
}

/**
 * Modules × layers, darker is larger. One cell is in the tab order, the arrow keys move between cells, Enter shows the
 * tensor; what a cell says on hover it says on focus too. The table on the page holds the same numbers.
 */
export function heatMap(options: HeatMapOptions): HTMLElement {
  const { grid, geometry, metric, chosen } = options;
  const height = TOP + grid.modules.length * ROW + 2;
  const label = `${metric.label} by module and layer; the table of all tensors holds the numbers`;
  const size = { viewBox: `0 0 ${geometry.width} ${height}`, width: geometry.width, height };
  const picture = svg('svg', { class: 'heatmap', ...size, role: 'group', 'aria-label': label });
  const blank = svg('rect', { ...sizeOf(geometry), role: 'img', tabindex: -1 });
  const cells = grid.cells.map((cell) => drawCell(cell, blank, options));
  picture.append(...axes(grid, geometry), ...missing(grid, geometry), ...cells);
  const current = Math.max(
    0,
    grid.cells.findIndex(({ tensor }) => tensor.target === chosen),
  );
  cells[current]?.setAttribute('tabindex', '0');
  listen(picture, cells, options);
  return element('div', { class: 'chart-scroll' }, picture);
}

function axes({ layers, modules }: Grid, { left, x, labelled }: Geometry): SVGElement[] {
  const across = layers.flatMap((layer, column) =>
    labelled(column) ? [svg('text', { x: x(column), y: TOP - 7, 'text-anchor': 'middle' }, layerName(layer))] : [],
  );
  const down = modules.map((name, row) =>
    svg('text', { x: left - 8, y: TOP + (row + 0.66) * ROW, 'text-anchor': 'end' }, name),
  );
  return [
    svg('text', { x: left - 8, y: TOP - 7, 'text-anchor': 'end', class: 'axis-name' }, 'layer'),
    ...across,
    ...down,
  ];
}

/** A place in the grid that the patch does not touch is dashed, so that it cannot be read as zero. */
function missing({ layers, modules, cells }: Grid, geometry: Geometry): SVGElement[] {
  const taken = new Set(cells.map(({ row, column }) => row * layers.length + column));
  const shapes: SVGElement[] = [];
  for (let row = 0; row < modules.length; row++)
    for (let column = 0; column < layers.length; column++)
      if (!taken.has(row * layers.length + column))
        shapes.push(svg('rect', { ...place(row, column, geometry), ...sizeOf(geometry), class: 'empty' }));
  return shapes;
}

/** @param blank what all cells have in common: copying it is faster than making each */
function drawCell(cell: GridCell, blank: SVGElement, options: HeatMapOptions): SVGElement {
  const { index, colours, geometry, chosen } = options;
  const value = cell.tensor.values[index] ?? null;
  const isChosen = cell.tensor.target === chosen;
  const shape = fill(blank.cloneNode() as SVGElement, {
    ...place(cell.row, cell.column, geometry),
    class: `cell${value === null ? ' empty' : ''}${isChosen ? ' chosen' : ''}`,
    'data-tensor': cell.tensor.target,
    'aria-label': `${cell.tensor.target}: ${words(cell, options)}`,
  });
  if (value !== null) shape.style.fill = colours.of(value);
  return shape;
}

function words({ tensor }: GridCell, { metric, index, more }: HeatMapOptions): string {
  return `${inWords(metric, tensor.values[index], tensor.chances[index])}${more(tensor)}`;
}

function place(row: number, column: number, { left, cell }: Geometry): Record<string, number> {
  return { x: left + column * cell + gapOf(cell), y: TOP + row * ROW + GAP };
}

function sizeOf({ cell }: Geometry): Record<string, number> {
  return { width: cell - 2 * gapOf(cell), height: ROW - 2 * GAP };
}

function gapOf(cell: number): number {
  return cell > 10 ? GAP : 0.5;
}

const MOVES: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** On the picture, not on a thousand cells. */
function listen(picture: SVGElement, shapes: readonly SVGElement[], options: HeatMapOptions): void {
  const { grid, tooltip, onChoose } = options;
  const places = new Map<EventTarget, number>(shapes.map((shape, i) => [shape, i]));
  const cellOf = (shape: EventTarget | null): GridCell | undefined =>
    shape === null ? undefined : grid.cells[places.get(shape) ?? -1];
  const say = (shape: EventTarget | null): void => {
    const cell = cellOf(shape);
    if (cell === undefined) tooltip.hide();
    else tooltip.show(shape as Element, [cell.tensor.target, words(cell, options)]);
  };
  picture.addEventListener('pointerover', ({ target }) => say(target));
  // The keyboard may have scrolled the picture away from below the pointer.
  picture.addEventListener('pointerleave', () => say(document.activeElement));
  picture.addEventListener('focusin', ({ target }) => say(target));
  picture.addEventListener('focusout', () => tooltip.hide());
  picture.addEventListener('click', (event) => {
    const cell = cellOf(event.target);
    if (cell !== undefined) onChoose(cell.tensor);
  });
  picture.addEventListener('keydown', (event) => {
    const cell = cellOf(event.target);
    if (event.key === 'Escape') tooltip.hide();
    if (cell === undefined) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onChoose(cell.tensor);
      return;
    }
    const move = MOVES[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const next = nextCell(grid, cell, move);
    if (next === undefined) return;
    (event.target as Element).setAttribute('tabindex', '-1');
    const shape = shapes[grid.cells.indexOf(next)];
    shape?.setAttribute('tabindex', '0');
    shape?.focus();
  });
}
