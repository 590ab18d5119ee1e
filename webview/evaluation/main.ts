import type { EvaluationView } from '../../src/editor/evaluation/viewTypes.ts';
import { element, render, type Child } from '../common/dom.ts';
import { facts, listBox } from '../common/parts.ts';
import { button, dropdown } from '../common/ui.ts';
import { HostEnd } from '../common/vscode.ts';
import type { EvaluationContract } from '../contract.ts';
import { flipLists } from './flips.ts';
import { sweepSection } from './sweepChart.ts';
import { differenceTables, scoreTable } from './tables.ts';

const host = new HostEnd<EvaluationContract>((message) => {
  switch (message.type) {
    case 'show':
      return show(message.files, message.view);
    case 'busy':
      return busy(message.message);
    case 'problem':
      return render(
        element('h1', {}, 'This evaluation cannot be shown'),
        element('p', { role: 'alert' }, message.message),
        element(
          'div',
          { class: 'actions' },
          button('Try Again', 'primary', () => host.send({ type: 'retry' })),
        ),
      );
  }
});

const CHOICE_MS = 250;

/** Whether the keyboard is to be where it was when the page was drawn anew. */
let isChoosing = false;

/** A page that shows something goes on showing it. */
function busy(message: string): void {
  const words = element('p', { role: 'status', class: 'subtitle' }, message);
  if (document.querySelector('h1') === null) render(words);
  else document.querySelector('.working')?.replaceChildren(words);
}

function show(files: readonly string[], view: EvaluationView): void {
  const { columns, reference, title, subtitle, partial, warnings, how, notes } = view;
  const open = openLists();
  const label = reference === null ? null : (columns[reference]?.label ?? null);
  host.state = { files, title, reference: label, open };
  const scrolled = document.documentElement.scrollTop;
  render(
    element('h1', {}, title),
    element('p', { class: 'subtitle' }, subtitle),
    ...listBox('Stopped before its end', partial === null ? [] : [partial], 'information'),
    ...listBox('Worth knowing', warnings, 'warning'),
    actions(),
    element('h2', {}, 'Scores'),
    scoreTable(view),
    element('p', { class: 'note' }, '± one standard error, as lm-evaluation-harness computes it.'),
    ...(reference === null ? [] : comparisons(view, reference)),
    ...sweeps(view),
    element('h2', {}, 'How it was computed'),
    facts(how),
    ...notes.map((note) => element('p', { class: 'note' }, note)),
  );
  reopen(open);
  document.documentElement.scrollTop = scrolled;
  if (isChoosing) document.querySelector<HTMLElement>('vscode-dropdown')?.focus();
  isChoosing = false;
}

const LISTS = 'details.flips';

/** Those of the page, or those that were open when it was hidden. */
function openLists(): readonly string[] {
  const lists = [...document.querySelectorAll<HTMLDetailsElement>(LISTS)];
  if (lists.length === 0) return host.state?.open ?? [];
  return lists.filter((list) => list.open).map(titleOf);
}

function reopen(open: readonly string[]): void {
  for (const list of document.querySelectorAll<HTMLDetailsElement>(LISTS)) {
    list.open = open.includes(titleOf(list));
    list.addEventListener('toggle', () => {
      if (host.state !== undefined) host.state = { ...host.state, open: openLists() };
    });
  }
}

function titleOf(list: HTMLDetailsElement): string {
  return list.querySelector('summary')?.textContent ?? '';
}

function actions(): HTMLElement {
  return element(
    'div',
    { class: 'actions', role: 'group', 'aria-label': 'Evaluation' },
    button('Compare With…', 'primary', () => host.send({ type: 'compareWith' })),
    button('Export CSV…', 'secondary', () => host.send({ type: 'exportCsv' })),
    button('Copy as Markdown', 'secondary', () => host.send({ type: 'copyMarkdown' })),
    button('Open Results File', 'secondary', () => host.send({ type: 'openFile' })),
  );
}

/** The host computes the differences to another column. */
function chooser({ columns }: EvaluationView, reference: number): HTMLElement {
  const options = columns.flatMap(({ label, role, isSwept }, index) =>
    isSwept ? [] : [{ value: String(index), label: role === null ? label : `${label} (${role})` }],
  );
  let waiting: number | undefined;
  return dropdown('Compared with', options, String(reference), (value) => {
    isChoosing = true;
    // The arrow keys pass over columns that are not meant.
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => host.send({ type: 'reference', column: Number(value) }), CHOICE_MS);
  });
}

function comparisons(view: EvaluationView, reference: number): Child[] {
  const labels = view.columns.map(({ label }) => label);
  const flips = view.rows.flatMap((row) => flipLists(row, labels));
  const compared = view.rows.flatMap((row) => differenceTables(row, view));
  const none = element('p', { class: 'note' }, 'No task has items of two columns that can be compared.');
  return [
    element('h2', {}, 'Differences on the same items'),
    chooser(view, reference),
    element('div', { class: 'working' }),
    ...(compared.length === 0 ? [none] : compared),
    ...(flips.length === 0 ? [] : [element('h2', {}, 'Items that flipped'), ...flips]),
  ];
}

function sweeps({ sweeps: curves }: EvaluationView): Child[] {
  return curves.length === 0 ? [] : [element('h2', {}, 'Scale sweep'), ...curves.map(sweepSection)];
}

host.send({ type: 'ready' });
