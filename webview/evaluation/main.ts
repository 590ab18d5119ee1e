import type { EvaluationView, LiveView } from '../../src/editor/evaluation/viewTypes.ts';
import { element, render, type Child } from '../common/dom.ts';
import { facts, listBox } from '../common/parts.ts';
import { renderProblem } from '../common/problem.ts';
import { button, dropdown } from '../common/ui.ts';
import { HostEnd } from '../common/vscode.ts';
import type { EvaluationContract } from '../contract.ts';
import { barsSection } from './bars.ts';
import { Flips } from './flips.ts';
import { liveSection } from './live.ts';
import { sweepSection } from './sweepChart.ts';
import { differenceTables, scoreTable } from './tables.ts';

const host = new HostEnd('evaluation', (message) => {
  switch (message.type) {
    case 'show':
      return show(message);
    case 'live':
      return live(message.title, message.live);
    case 'item':
      return flips?.show(message.column, message.reference, message.detail);
    case 'noItem':
      return flips?.fail(message);
    case 'busy':
      return busy(message.message);
    case 'problem':
      return renderProblem('This evaluation cannot be shown', message.message, () => host.send({ type: 'retry' }));
  }
});

const CHOICE_MS = 250;

/** Whether the keyboard is to be where it was when the page was drawn anew. */
let isChoosing = false;

/** A page that shows something goes on showing it. */
function busy(message: string): void {
  const words = element('p', { role: 'status', class: 'subtitle' }, message);
  if (document.querySelector('h1') === null) render(words);
  else if (living?.isConnected === true) living.replaceChildren(words);
  else document.querySelector('.working')?.replaceChildren(words);
}

let flips: Flips | undefined;

/** What is drawn anew while an evaluation runs: buttons stay, for a click may take longer than the next number. */
let living: HTMLElement | undefined;

/** One that runs: what it has found so far. */
function live(title: string, running: LiveView): void {
  flips = undefined;
  if (living?.isConnected === true) return living.replaceChildren(liveSection(running));
  living = element('div', {}, liveSection(running));
  render(
    element('h1', {}, title),
    living,
    element(
      'div',
      { class: 'actions' },
      button('Stop', 'secondary', () => host.send({ type: 'cancel' })),
    ),
    element(
      'p',
      { class: 'note' },
      'What is answered is kept: an evaluation that was stopped goes on later. Differences with their tests come at the end.',
    ),
  );
}

type Show = Extract<EvaluationContract['toPage'], { readonly type: 'show' }>;

function show({ files, chosen, view, baseline }: Show): void {
  const { reference, headline, title, subtitle, partial, warnings, how, notes } = view;
  const open = openLists();
  host.state = { files, title, reference: chosen, open };
  const scrolled = document.documentElement.scrollTop;
  render(
    element('h1', {}, title),
    element('p', { class: 'subtitle' }, subtitle),
    ...headline.map((text) => element('p', { class: 'headline' }, text)),
    ...listBox('Stopped before its end', partial === null ? [] : [partial], 'information'),
    ...listBox('Worth knowing', warnings, 'warning'),
    actions(),
    element('h2', {}, 'Scores'),
    scoreTable(view),
    ...barsSection(view),
    element('p', { class: 'note' }, '± one standard error, as lm-evaluation-harness computes it.'),
    ...(reference === null ? [] : comparisons(view, reference, baseline)),
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

/** Pinned, a column is what all evaluations of the workspace are compared with. */
function pinButton({ columns }: EvaluationView, reference: number, baseline: string | null): HTMLElement {
  const label = columns[reference]?.label ?? '';
  if (baseline === label) return button('Unpin Baseline', 'secondary', () => host.send({ type: 'pin', column: null }));
  return button('Pin as Baseline', 'secondary', () => host.send({ type: 'pin', column: reference }));
}

function comparisons(view: EvaluationView, reference: number, baseline: string | null): Child[] {
  const labels = view.columns.map(({ label }) => label);
  flips = new Flips(labels, (question) => host.send({ type: 'item', ...question }));
  const lists = view.rows.flatMap((row) => flips?.lists(row) ?? []);
  const compared = view.rows.flatMap((row) => differenceTables(row, view));
  const none = element('p', { class: 'note' }, 'No task has items of two columns that can be compared.');
  return [
    element('h2', {}, 'Differences on the same items'),
    element('div', { class: 'controls' }, chooser(view, reference), pinButton(view, reference, baseline)),
    element('div', { class: 'working' }),
    ...(compared.length === 0 ? [none] : compared),
    ...(lists.length === 0 ? [] : [element('h2', {}, 'Items that flipped'), ...lists]),
  ];
}

function sweeps({ sweeps: curves }: EvaluationView): Child[] {
  return curves.length === 0 ? [] : [element('h2', {}, 'Scale sweep'), ...curves.map(sweepSection)];
}

host.send({ type: 'ready' });
