import type { GlanceSummary, GlanceTensor, RowPage } from '../../src/library/glance/types.ts';
import { element, render } from '../common/dom.ts';
import { button } from '../common/ui.ts';
import { HostEnd } from '../common/vscode.ts';
import type { FiguresState, SafetensorsContract, TensorPlace } from '../contract.ts';
import { ChosenTensor } from './chosenTensor.ts';
import { overview, subtitle } from './overview.ts';
import { SearchLine } from './searchLine.ts';
import { TensorTreeView } from './tensorTree.ts';
import { listOf, TreeModel } from './treeModel.ts';

type ToPage = SafetensorsContract['toPage'];

const host = new HostEnd('safetensors', receive);
/** The host hands out so many rows at once. */
const PAGE_ROWS = 200;
const SCROLLED_MS = 150;

const asked = new Set<string>();
const figures = new Map<string, FiguresState>();
let model: TreeModel | undefined;
/** What a search has found; null while all tensors are shown. */
let found: RowPage | null = null;
let scrolledTo = 0;
let timer: number | undefined;

const tree = new TensorTreeView('Tensors', {
  onToggle: (group, isExpanded) => {
    model?.setExpanded(group, isExpanded);
    drawTree();
    keep();
  },
  onChoose: (tensor) => choose(tensor),
  onCopy: (name) => host.send({ type: 'copyName', name }),
  onMissing: askFor,
  onScroll: () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(keep, SCROLLED_MS);
  },
});
const search = new SearchLine({
  onSearch: (text) => {
    tree.reset();
    if (text === '') showFound(null);
    else host.send({ type: 'search', text });
    keep();
  },
  onLeave: () => tree.focus(),
});
const chosen = new ChosenTensor({
  onMeasure: (tensor) => host.send({ type: 'measure', tensor: placeOf(tensor) }),
  onCancel: () => host.send({ type: 'cancel' }),
  onCopy: ({ name }) => host.send({ type: 'copyName', name }),
});
const changed = element('div', { role: 'status' });

function receive(message: ToPage): void {
  switch (message.type) {
    case 'show':
      return show(message);
    case 'rows':
      model?.add(message.group, message.page);
      return drawTree();
    case 'found':
      if (message.text === search.text) showFound(message.page);
      return;
    case 'chosen':
      return message.tensor === null ? undefined : choose(message.tensor);
    case 'figures':
      figures.set(keyOf(message.tensor), message.state);
      return drawChosen();
    case 'trusted':
      return chosen.trust();
    case 'changed':
      return sayChanged();
    case 'problem':
      return problem(message.message, message.hint);
  }
}

function show({ summary, top, isTrusted }: ToPage & { readonly type: 'show' }): void {
  const before = host.state;
  const [first, ...others] = top.rows.filter(({ type }) => type === 'group');
  // One group alone, such as "model", is of no use while it is closed.
  const alone = first?.type === 'group' && others.length === 0 ? [first.id] : [];
  model = new TreeModel(before?.expanded ?? alone);
  model.add('', top);
  asked.clear();
  figures.clear();
  changed.replaceChildren();
  scrolledTo = before?.scrolled ?? 0;
  chosen.begin(isTrusted);
  tree.element.classList.toggle('single', summary.kind === 'file');
  render(
    element('h1', {}, summary.name),
    element('p', { class: 'subtitle' }, subtitle(summary)),
    changed,
    actions(summary),
    ...overview(summary),
    element('h2', {}, 'Tensors'),
    search.element,
    element(
      'div',
      { class: 'glance' },
      element('div', { class: 'tree-frame' }, columns(summary), tree.element),
      chosen.element,
    ),
  );
  search.restore(before?.search ?? '', summary.tensors);
  if (before?.chosen) host.send({ type: 'choose', tensor: before.chosen });
  drawTree();
}

function actions({ kind, patch, index }: GlanceSummary): HTMLElement {
  const send = (type: 'port' | 'reveal' | 'openIndex' | 'openText') => () => host.send({ type });
  return element(
    'div',
    { class: 'actions', role: 'group', 'aria-label': 'File' },
    ...(patch?.folder == null ? [] : [button('Port Patch…', 'primary', send('port'))]),
    ...(index === null ? [] : [button('Open Index', 'primary', send('openIndex'))]),
    button('Reveal in Explorer', 'secondary', send('reveal')),
    ...(kind === 'index' ? [button('Open as Text', 'secondary', send('openText'))] : []),
  );
}

function columns({ kind }: GlanceSummary): HTMLElement {
  const titles = ['Name', 'Dtype', 'Shape', 'Size', ...(kind === 'index' ? ['File'] : [])];
  const classes = ['name-cell', 'what', 'amount', 'bytes', 'file'];
  const cells = titles.map((title, i) => element('span', { class: classes[i] ?? '' }, title));
  return element('div', { class: 'tree-head', 'aria-hidden': 'true' }, ...cells);
}

function drawTree(): void {
  if (model === undefined) return;
  tree.show(found === null ? model.visible : listOf(found), (tensor) => chosen.is(tensor));
  if (scrolledTo === 0) return;
  // The rows up to there may still be on their way.
  tree.element.scrollTop = scrolledTo;
  if (tree.element.scrollTop >= scrolledTo - 1) scrolledTo = 0;
}

function askFor(group: string, index: number): void {
  const from = Math.floor(index / PAGE_ROWS) * PAGE_ROWS;
  const key = `${from}\n${group}`;
  if (asked.has(key)) return;
  asked.add(key);
  host.send({ type: 'rows', group, from });
}

function showFound(page: RowPage | null): void {
  found = page;
  search.say(page);
  drawTree();
}

function choose(tensor: GlanceTensor): void {
  chosen.choose(tensor);
  drawChosen();
  drawTree();
  keep();
}

function drawChosen(): void {
  const { tensor } = chosen;
  if (tensor !== undefined) chosen.draw(figures.get(keyOf(placeOf(tensor))));
}

function sayChanged(): void {
  changed.replaceChildren(
    element(
      'div',
      { class: 'box information' },
      element('strong', {}, 'This changed on disk since it was read.'),
      element(
        'div',
        { class: 'actions' },
        button('Reload', 'primary', () => host.send({ type: 'reload' })),
      ),
    ),
  );
}

function problem(message: string, hint: string | null): void {
  model = undefined;
  render(
    element('h1', {}, 'This file cannot be shown'),
    element(
      'div',
      { class: 'box error', role: 'alert' },
      element('strong', {}, message),
      ...(hint === null ? [] : [element('p', {}, hint)]),
    ),
    element(
      'div',
      { class: 'actions' },
      button('Try Again', 'primary', () => host.send({ type: 'reload' })),
      button('Reveal in Explorer', 'secondary', () => host.send({ type: 'reveal' })),
      button('Open as Text', 'secondary', () => host.send({ type: 'openText' })),
    ),
  );
}

/** What the page needs to be as it was when it comes back. */
function keep(): void {
  if (model === undefined) return;
  const { tensor } = chosen;
  host.state = {
    expanded: model.expanded,
    search: search.text,
    chosen: tensor === undefined ? (host.state?.chosen ?? null) : placeOf(tensor),
    scrolled: found === null ? tree.element.scrollTop : 0,
  };
}

function placeOf({ name, file }: GlanceTensor): TensorPlace {
  return { name, file };
}

function keyOf({ name, file }: TensorPlace): string {
  return `${file}\0${name}`;
}

document.getElementById('app')?.classList.add('wide');
render(element('p', { class: 'subtitle', role: 'status' }, 'Reading the headers …'));
host.send({ type: 'ready' });
