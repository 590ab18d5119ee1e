import type { MatrixView } from '../../src/editor/matrix/viewTypes.ts';
import { element, render, type Child } from '../common/dom.ts';
import { table, type Column } from '../common/parts.ts';
import { renderProblem } from '../common/problem.ts';
import { tooltip } from '../common/tooltip.ts';
import { button, dropdown } from '../common/ui.ts';
import { HostEnd } from '../common/vscode.ts';
import type { MatrixFigure } from '../contract.ts';
import { heatMap } from './heatMap.ts';

const host = new HostEnd('matrix', (message) => {
  if (message.type === 'problem') {
    drawn = '';
    return renderProblem('This matrix cannot be shown', message.message, () => host.send({ type: 'ready' }));
  }
  if (JSON.stringify(message.view) === drawn) return;
  host.state = { out: message.out, shown: host.state?.shown ?? 'difference' };
  draw(message.view);
});

const tip = tooltip();
/** What the page shows: one that runs is sent again and again, and a cell that has the keyboard must keep it. */
let drawn = '';

function draw(view: MatrixView): void {
  drawn = JSON.stringify(view);
  tip.hide();
  const focused = placeOfFocus();
  const scrolled = document.documentElement.scrollTop;
  render(
    element('h1', {}, view.title),
    element('p', { class: 'subtitle', role: 'status' }, view.subtitle),
    ...buttons(view),
    element('h2', {}, 'At a glance'),
    ...glance(view),
    element('h2', {}, 'All numbers'),
    element('div', { class: 'matrix-numbers' }, numbers(view)),
    ...view.notes.map((note) => element('p', { class: 'note' }, note)),
  );
  document.documentElement.scrollTop = scrolled;
  if (focused >= 0) cells()[focused]?.focus();
}

function cells(): HTMLButtonElement[] {
  return [...document.querySelectorAll<HTMLButtonElement>('button.cell')];
}

function placeOfFocus(): number {
  return cells().findIndex((cell) => cell === document.activeElement);
}

function buttons({ isRunning, isComplete }: MatrixView): Child[] {
  if (isRunning) return [actions(button('Stop', 'secondary', () => host.send({ type: 'stop' })))];
  if (isComplete) return [];
  return [actions(button('Continue', 'primary', () => host.send({ type: 'continue' })))];
}

function actions(...children: Child[]): HTMLElement {
  return element('div', { class: 'actions', role: 'group', 'aria-label': 'Matrix' }, ...children);
}

function glance(view: MatrixView): Child[] {
  const figure = view.hasRecovery ? (host.state?.shown ?? 'difference') : 'difference';
  const choose = (shown: MatrixFigure): void => {
    if (host.state !== undefined) host.state = { ...host.state, shown };
    draw(view);
  };
  const options = [
    { value: 'difference', label: 'Difference to the base' },
    { value: 'recovery', label: 'Recovery' },
  ] as const;
  const onOpen = (row: number, column: number): void => host.send({ type: 'open', row, column });
  return [
    ...(view.hasRecovery ? [element('div', { class: 'controls' }, dropdown('Colours', options, figure, choose))] : []),
    heatMap({ view, figure, tooltip: tip, onOpen }),
    legend(figure),
  ];
}

function legend(figure: MatrixFigure): HTMLElement {
  const words = figure === 'difference' ? ['worse', 'the base', 'better'] : ['−100 %', '0 %', '100 %'];
  const signs = figure === 'difference' ? '▲ ▼ where the difference is not chance. ' : '';
  return element(
    'p',
    { class: 'note legend' },
    element('span', { class: 'scale', 'aria-hidden': 'true' }),
    `${words.join(' · ')}. ${signs}A cell opens its comparison.`,
  );
}

interface Row {
  readonly patch: string;
  readonly row: number;
  readonly column: number;
}

function numbers(view: MatrixView): HTMLElement {
  const rows = view.rows.flatMap((patch, row) => view.columns.map((_, column): Row => ({ patch, row, column })));
  const measure = ({ column }: Row): MatrixView['columns'][number] | undefined => view.columns[column];
  const cell = ({ row, column }: Row): MatrixView['cells'][number][number] | undefined => view.cells[row]?.[column];
  const withInterval = (of: { readonly text: string; readonly interval: string } | undefined): Child =>
    element('span', {}, of?.text ?? '–', element('span', { class: 'count' }, of?.interval ?? ''));
  const columns: Column<Row>[] = [
    { title: 'Patch', value: ({ patch }) => patch },
    { title: 'Base', value: (row) => measure(row)?.base ?? '' },
    {
      title: 'Task',
      value: (row) =>
        element('span', {}, measure(row)?.task ?? '', element('span', { class: 'count' }, measure(row)?.metric ?? '')),
    },
    { title: 'Base alone', kind: 'number', value: (row) => measure(row)?.alone ?? '–' },
    { title: 'Ported', kind: 'number', value: (row) => cell(row)?.score ?? '–' },
    { title: 'Difference', kind: 'number', value: (row) => withInterval(cell(row)?.difference) },
    { title: 'In words', kind: 'words', value: (row) => cell(row)?.difference.words ?? '' },
    ...(view.hasRecovery
      ? [{ title: 'Recovery', kind: 'number', value: (row: Row) => withInterval(cell(row)?.recovery) } as const]
      : []),
  ];
  return table('All cells of the matrix', columns, rows);
}

host.send({ type: 'ready' });
