import type { MatrixView, ViewCell, ViewMeasure } from '../../src/editor/matrix/viewTypes.ts';
import { element } from '../common/dom.ts';
import type { Tooltip } from '../common/tooltip.ts';
import type { MatrixFigure } from '../contract.ts';

export interface HeatMapOptions {
  readonly view: MatrixView;
  readonly figure: MatrixFigure;
  readonly tooltip: Tooltip;
  readonly onOpen: (row: number, column: number) => void;
}

/**
 * Patches × bases and tasks: blue is better than the base, orange worse, and the signs say the same. Each cell is a button
 * that opens its comparison; the table below holds all numbers.
 */
export function heatMap(options: HeatMapOptions): HTMLElement {
  const { view, figure } = options;
  const label = `${figure === 'difference' ? 'Difference to the base' : 'Recovery'} by patch, base and task`;
  const rows = view.rows.map((name, row) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      ...view.columns.map((measure, column) => cellOf(options, row, column, measure)),
    ),
  );
  return element(
    'div',
    { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': label },
    element(
      'table',
      { class: 'matrix' },
      element('caption', { class: 'visually-hidden' }, label),
      element('thead', {}, baseRow(view.columns), taskRow(view.columns)),
      element('tbody', {}, ...rows),
    ),
  );
}

/** Bases, each over its tasks. */
function baseRow(columns: readonly ViewMeasure[]): HTMLElement {
  const bases = [...new Set(columns.map(({ base }) => base))];
  const heads = bases.map((base) => {
    const colspan = columns.filter((column) => column.base === base).length;
    return element('th', { scope: 'colgroup', colspan, class: 'base' }, base);
  });
  return element('tr', {}, element('td', {}), ...heads);
}

function taskRow(columns: readonly ViewMeasure[]): HTMLElement {
  const heads = columns.map(({ task, metric }) =>
    element('th', { scope: 'col' }, task, element('span', { class: 'role' }, metric)),
  );
  return element('tr', {}, element('td', {}), ...heads);
}

function cellOf(
  { view, figure, tooltip, onOpen }: HeatMapOptions,
  row: number,
  column: number,
  measure: ViewMeasure,
): HTMLElement {
  const cell = view.cells[row]?.[column];
  if (cell === undefined) return element('td', {});
  const { text, shade, sign } = cell[figure];
  const name = `${view.rows[row] ?? ''} on ${measure.base}, ${measure.task}`;
  const words = wordsOf(cell, measure, figure);
  const made = element(
    'button',
    { type: 'button', class: 'cell', 'aria-label': `${name}: ${words.join(', ')}` },
    text,
    ...(sign === '' ? [] : [element('span', { class: 'sign', 'aria-hidden': 'true' }, ` ${sign}`)]),
  );
  made.disabled = !cell.isThere;
  made.addEventListener('click', () => onOpen(row, column));
  for (const event of ['pointerenter', 'focus'])
    made.addEventListener(event, () => tooltip.show(made, [name, ...words]));
  for (const event of ['pointerleave', 'blur']) made.addEventListener(event, tooltip.hide);
  const holder = element('td', { class: shade === null ? '' : shade < 0 ? 'worse' : 'better' }, made);
  // As a property: the page allows no style attributes.
  if (shade !== null) holder.style.setProperty('--shade', `${Math.round(40 * Math.abs(shade))}%`);
  return holder;
}

function wordsOf(
  { score, difference, recovery, isThere }: ViewCell,
  { alone }: ViewMeasure,
  figure: MatrixFigure,
): string[] {
  if (!isThere) return ['not computed yet'];
  const of = figure === 'difference' ? difference : recovery;
  return [
    `ported ${score}, base alone ${alone}`,
    [of.text, of.interval, of.words].filter((text) => text !== '').join(' '),
  ];
}
