import { scaleLinear } from 'd3-scale';
import { element, svg } from '../common/dom.ts';
import type { HeatCell, HeatModel, Measure } from './heatModel.ts';

const LEFT = 56;
const TOP = 28;
const CELL = { width: 92, height: 22, gap: 2 };

/**
 * The heat map: darker is larger. One cell is in the tab order, the arrow keys move between cells, and what a cell says
 * on hover it says on focus too. The table behind it holds the same numbers.
 */
export function heatMap(model: HeatModel, measure: Measure): HTMLElement {
  const tooltip = element(
    'div',
    { class: 'tooltip', 'aria-hidden': 'true' },
    'Point at a cell, or use the arrow keys.',
  );
  const say = (cell: HeatCell | undefined): void => {
    tooltip.textContent = cell === undefined ? '' : `${cell.tensor.target}: ${words(cell, measure)}`;
  };
  const width = LEFT + model.columns.length * CELL.width;
  const height = TOP + model.rows.length * CELL.height + 4;
  const label = `${measure.label} by layer and module; the table below holds the numbers`;
  const picture = svg('svg', {
    class: 'heatmap',
    viewBox: `0 0 ${width} ${height}`,
    role: 'group',
    'aria-label': label,
  });
  picture.style.width = `min(100%, ${width}px)`;
  picture.append(...axes(model), ...missing(model));
  const cells = model.cells.map((cell) => drawCell(cell, model, measure));
  cells.forEach((shape, index) => {
    shape.setAttribute('tabindex', index === 0 ? '0' : '-1');
    shape.addEventListener('focus', () => say(model.cells[index]));
    shape.addEventListener('mouseenter', () => say(model.cells[index]));
  });
  picture.addEventListener('keydown', (event) => moveFocus(event, model, cells, () => say(undefined)));
  picture.append(...cells);
  return element('div', {}, picture, legend(model, measure), tooltip);
}

function words({ value }: HeatCell, measure: Measure): string {
  return value === undefined ? 'not measured' : `${measure.label} = ${measure.format(value)}`;
}

function axes({ rows, columns }: HeatModel): SVGElement[] {
  const across = columns.map((name, i) =>
    svg('text', { x: LEFT + (i + 0.5) * CELL.width, y: TOP - 10, 'text-anchor': 'middle' }, name),
  );
  const down = rows.map((name, i) =>
    svg(
      'text',
      { x: LEFT - 10, y: TOP + (i + 0.68) * CELL.height, 'text-anchor': 'end' },
      i === 0 ? `layer ${name}` : name,
    ),
  );
  return [...across, ...down];
}

/** A place in the grid that the patch does not touch is dashed, so that it cannot be read as zero. */
function missing({ rows, columns, cells }: HeatModel): SVGElement[] {
  const taken = new Set(cells.map(({ row, column }) => `${row},${column}`));
  const shapes: SVGElement[] = [];
  for (let row = 0; row < rows.length; row++)
    for (let column = 0; column < columns.length; column++)
      if (!taken.has(`${row},${column}`)) shapes.push(svg('rect', { ...place(row, column), class: 'empty' }));
  return shapes;
}

function drawCell(cell: HeatCell, { maximum }: HeatModel, measure: Measure): SVGElement {
  const shape = svg('rect', {
    ...place(cell.row, cell.column),
    class: cell.value === undefined ? 'cell empty' : 'cell',
    role: 'img',
    'aria-label': `${cell.tensor.module}, ${words(cell, measure)}`,
  });
  if (cell.value !== undefined) shape.style.fill = colour(cell.value, maximum);
  return shape;
}

function place(row: number, column: number): Record<string, number> {
  return {
    x: LEFT + column * CELL.width + CELL.gap / 2,
    y: TOP + row * CELL.height + CELL.gap / 2,
    width: CELL.width - CELL.gap,
    height: CELL.height - CELL.gap,
  };
}

/** One hue of the theme, mixed into the background: the browser mixes, so a change of theme needs no redraw. */
function colour(value: number, maximum: number): string {
  const share = scaleLinear([0, maximum === 0 ? 1 : maximum], [4, 100]).clamp(true)(value);
  return `color-mix(in srgb, var(--vscode-charts-blue) ${share.toFixed(1)}%, var(--vscode-editor-background))`;
}

function legend({ maximum }: HeatModel, measure: Measure): HTMLElement {
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const width = 44;
  const picture = svg('svg', {
    class: 'heatmap',
    viewBox: `0 0 ${steps.length * width + 8} 30`,
    'aria-hidden': 'true',
  });
  picture.style.width = `${steps.length * width + 8}px`;
  steps.forEach((step, i) => {
    const swatch = svg('rect', { x: i * width, y: 0, width: width - 2, height: 10, class: 'cell' });
    swatch.style.fill = colour(step * maximum, maximum);
    const text = measure.format(step * maximum);
    picture.append(swatch, svg('text', { x: i * width + width / 2, y: 24, 'text-anchor': 'middle' }, text));
  });
  return element('div', { class: 'legend' }, picture);
}

const MOVES: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

function moveFocus(event: KeyboardEvent, model: HeatModel, shapes: readonly SVGElement[], hide: () => void): void {
  if (event.key === 'Escape') return hide();
  const move = MOVES[event.key];
  const from = model.cells[shapes.indexOf(event.target as SVGElement)];
  if (move === undefined || from === undefined) return;
  event.preventDefault();
  const next = nextCell(model, from, move);
  if (next === -1) return;
  shapes.forEach((shape, index) => shape.setAttribute('tabindex', index === next ? '0' : '-1'));
  shapes[next]?.focus();
}

/** The nearest cell in the direction, over places that the patch does not touch. */
function nextCell(
  { cells, rows, columns }: HeatModel,
  from: HeatCell,
  [down, across]: readonly [number, number],
): number {
  let { row, column } = from;
  for (;;) {
    row += down;
    column += across;
    if (row < 0 || column < 0 || row >= rows.length || column >= columns.length) return -1;
    const found = cells.findIndex((cell) => cell.row === row && cell.column === column);
    if (found !== -1) return found;
  }
}
