import type { EvaluationView, LiveView, RunStatus, RunView } from '../../src/editor/evaluation/viewTypes.ts';
import { element, svg, type Child } from '../common/dom.ts';
import { button } from '../common/ui.ts';
import { HostEnd } from '../common/vscode.ts';
import { barsSection } from '../evaluation/bars.ts';
import { liveSection } from '../evaluation/live.ts';
import { inShort } from './inShort.ts';

const host = new HostEnd('runs', (message) => {
  switch (message.type) {
    case 'runs':
      runs = message.runs;
      baseline = message.baseline;
      return drawRuns();
    case 'show':
      return drawChosen(message.id, (run) => shown(run, message.view));
    case 'live':
      return drawLive(message.id, message.live);
    case 'busy':
      return drawChosen(message.id, () => [element('p', { role: 'status', class: 'note' }, 'Comparing …')]);
    case 'problem':
      return drawChosen(message.id, () => [element('p', { role: 'alert' }, message.message)]);
  }
});

let runs: readonly RunView[] = [];
let baseline: string | null = null;
let chosen = host.state?.chosen ?? null;

const list = element('ul', { class: 'runs', role: 'listbox', 'aria-label': 'Evaluations' });
const place = element('div', { class: 'chosen-run' });
const empty = element('div', {});
const app = document.getElementById('app');
app?.replaceChildren(empty, list, place);
app?.setAttribute('aria-busy', 'false');
list.addEventListener('keydown', move);

/** Where nothing is chosen, what runs is. */
function drawRuns(): void {
  const underWay = chosen === null ? runs.find(({ status }) => status === 'running') : undefined;
  if (underWay !== undefined) choose(underWay.id);
  else drawList();
}

function drawList(): void {
  const rows = [...list.children] as HTMLElement[];
  const isSame = rows.length === runs.length && rows.every((one, i) => one.dataset.id === runs[i]?.id);
  if (isSame) runs.forEach((run, i) => fillRow(rows[i] ?? fail(), run));
  else rebuild();
  list.hidden = runs.length === 0;
  empty.replaceChildren(...(runs.length === 0 ? nothingYet() : []));
  if (!runs.some(({ id }) => id === chosen)) place.replaceChildren();
}

function rebuild(): void {
  const hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...runs.map(row));
  if (hadFocus) list.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
}

function nothingYet(): Child[] {
  return [
    element(
      'p',
      {},
      'No evaluation yet. An evaluation says what a port is worth: old base, new base, with and without the patch, item by item.',
    ),
    element(
      'div',
      { class: 'actions' },
      button('Evaluate…', 'primary', () => host.send({ type: 'evaluate' })),
      button('Import Results…', 'secondary', () => host.send({ type: 'import' })),
    ),
  ];
}

function row(run: RunView, index: number): HTMLElement {
  const { id } = run;
  const isFirst = runs.every((one) => one.id !== chosen) && index === 0;
  const made = element('li', { role: 'option', tabindex: id === chosen || isFirst ? 0 : -1, 'data-id': id });
  fillRow(made, run);
  made.addEventListener('click', () => choose(id));
  made.addEventListener('dblclick', () => host.send({ type: 'open', id }));
  return made;
}

/** The row itself stays: it may have the keyboard, or a pressed button of the mouse. */
function fillRow(made: HTMLElement, { id, title, status, detail }: RunView): void {
  made.setAttribute('aria-selected', String(id === chosen));
  if (id === chosen) made.setAttribute('tabindex', '0');
  made.replaceChildren(
    sign(status),
    element('span', { class: 'run-title' }, title),
    element('span', { class: 'role' }, detail),
  );
}

function fail(): never {
  throw new Error('a row has gone');
}

function choose(id: string): void {
  chosen = id;
  host.state = { chosen };
  drawList();
  host.send({ type: 'choose', id });
}

function move(event: KeyboardEvent): void {
  const rows = [...list.querySelectorAll<HTMLElement>('[role=option]')];
  const at = rows.indexOf(event.target as HTMLElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (next !== undefined) {
    event.preventDefault();
    rows[at]?.setAttribute('tabindex', '-1');
    const found = rows[Math.min(rows.length - 1, Math.max(0, next))];
    found?.setAttribute('tabindex', '0');
    found?.focus();
  }
  const id = rows[at]?.dataset.id;
  if (id === undefined || (event.key !== 'Enter' && event.key !== ' ')) return;
  event.preventDefault();
  if (event.key === 'Enter' && id === chosen) host.send({ type: 'open', id });
  else choose(id);
}

function drawChosen(id: string, draw: (run: RunView) => Child[]): void {
  const run = runs.find((one) => one.id === id);
  if (id !== chosen || run === undefined) return;
  place.replaceChildren(...draw(run));
}

function shown({ id, title, status }: RunView, view: EvaluationView): Child[] {
  return [
    element('h2', {}, title),
    element('p', { class: 'note' }, view.subtitle),
    ...(view.partial === null ? [] : [element('p', { class: 'note' }, view.partial)]),
    element(
      'div',
      { class: 'actions' },
      button('Open in Editor', 'primary', () => host.send({ type: 'open', id })),
    ),
    ...view.headline.map((text) => element('p', {}, text)),
    ...(status === 'imported'
      ? [button('Remove from List', 'secondary', () => host.send({ type: 'forget', id }))]
      : []),
    ...barsSection(view, 3),
    ...inShort(view, baseline, (column) => host.send({ type: 'pin', column })),
  ];
}

/** What is drawn anew while an evaluation runs: buttons stay, for a click may take longer than the next number. */
let living: { readonly id: string; readonly place: HTMLElement } | undefined;

function drawLive(id: string, live: LiveView): void {
  if (id !== chosen) return;
  if (living?.id === id && living.place.isConnected) return living.place.replaceChildren(liveSection(live));
  const own = element('div', {}, liveSection(live));
  living = { id, place: own };
  drawChosen(id, (run) => running(run, own));
}

function running({ id, title }: RunView, live: HTMLElement): Child[] {
  return [
    element('h2', {}, title),
    live,
    element(
      'div',
      { class: 'actions' },
      button('Open in Editor', 'primary', () => host.send({ type: 'open', id })),
      button('Stop', 'secondary', () => host.send({ type: 'cancel', id })),
    ),
  ];
}

const SHAPES: Readonly<Record<RunStatus, string>> = {
  running: 'M8 2.5 A5.5 5.5 0 1 1 2.5 8',
  finished: 'M3 8.5 L6.5 12 L13 4.5',
  stopped: 'M4 4 H12 V12 H4 Z',
  stored: 'M3 4.5 H13 V12.5 H3 Z M3 7 H13',
  imported: 'M8 2.5 V9.5 M4.8 6.6 L8 9.8 L11.2 6.6 M3 13 H13',
  failed: 'M3.5 3.5 L12.5 12.5 M12.5 3.5 L3.5 12.5',
};

function sign(status: RunStatus): SVGElement {
  const size = { viewBox: '0 0 16 16', width: 16, height: 16 };
  const picture = svg('svg', { class: `sign ${status}`, ...size, role: 'img', 'aria-label': status });
  picture.append(svg('path', { d: SHAPES[status] }));
  return picture;
}

host.send({ type: 'ready', chosen });
