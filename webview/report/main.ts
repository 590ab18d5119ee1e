import type { ReportView } from '../../src/editor/report/viewTypes.ts';
import { element, render, type Child } from '../common/dom.ts';
import { facts, listBox, shareBar } from '../common/parts.ts';
import { renderProblem } from '../common/problem.ts';
import { tooltip } from '../common/tooltip.ts';
import { button } from '../common/ui.ts';
import { HostEnd } from '../common/vscode.ts';
import type { OtherReport, ReportRef } from '../contract.ts';
import { Charts } from './charts.ts';
import { exportActions } from './exportActions.ts';
import { words } from './glossary.ts';
import { probeSections } from './probe.ts';
import { verdictSection } from './verdict.ts';

const host = new HostEnd('report', (message) => {
  switch (message.type) {
    case 'show':
      return show(message.source, message.view, message.other);
    case 'detail':
      return charts?.showDetail(message.detail);
    case 'problem':
      return problem(message.message);
  }
});

let charts: Charts | undefined;
const tip = tooltip();

function problem(message: string): void {
  charts = undefined;
  renderProblem('This report cannot be shown', message, () => host.send({ type: 'retry' }));
}

function show(source: ReportRef, view: ReportView, other: OtherReport | null): void {
  const scrolled = document.documentElement.scrollTop;
  const kept = host.state;
  host.state = {
    metric: null,
    modules: 'all',
    logarithmic: false,
    tensor: null,
    ...kept,
    ...{ source, other: other?.source ?? null },
  };
  charts = new Charts(view, other?.view ?? null, tip, {
    state: () => host.state ?? fail(),
    keep: (change) => (host.state = { ...(host.state ?? fail()), ...change }),
    askForDetail: (target) => host.send({ type: 'detail', target }),
    removeOther: () => host.send({ type: 'compareNone' }),
  });
  render(
    element('h1', {}, view.title),
    element('p', { class: 'subtitle' }, view.subtitle),
    ...listBox('Worth knowing', view.warnings, 'warning'),
    verdict(view),
    actions(view),
    ...probeSections(view.probes),
    element('h2', {}, 'The patch in every layer'),
    charts.element,
    exportActions(view, () => charts, host),
    ...view.notes.map((note) => element('p', { class: 'note' }, note)),
    words(view),
    ...coverage(view),
    element('h2', {}, view.kind === 'port' ? 'What was done' : 'What was looked at'),
    facts(view.facts),
  );
  charts.draw();
  document.documentElement.scrollTop = scrolled;
}

function fail(): never {
  throw new Error('the page has no state');
}

/** What is known of whether it fits, or how to find out. */
function verdict({ verdict: found, cannotDiagnose }: ReportView): Child {
  if (found !== null) return verdictSection(found);
  if (cannotDiagnose !== null) return element('p', { class: 'note' }, cannotDiagnose);
  return element(
    'div',
    { class: 'box information', role: 'note' },
    element('strong', {}, 'Does it fit?'),
    element(
      'p',
      {},
      'How far the base moved, whether patch and evolution get in each other’s way, and what rounding swallows is not known yet. Diagnose… reads the weights of both bases and says what speaks for and against this port.',
    ),
    button('Diagnose…', 'primary', () => host.send({ type: 'diagnose' })),
  );
}

function actions({ kind, verdict: found, cannotDiagnose }: ReportView): HTMLElement {
  const isPort = kind === 'port';
  const again = found !== null && cannotDiagnose === null;
  return element(
    'div',
    { class: 'actions', role: 'group', 'aria-label': 'Report' },
    button('Evaluate…', isPort ? 'secondary' : 'primary', () => host.send({ type: 'evaluate' })),
    ...(isPort
      ? [
          button('Verify', 'secondary', () => host.send({ type: 'verify' })),
          button('Reveal in Explorer', 'secondary', () => host.send({ type: 'reveal' })),
        ]
      : [button('Port…', 'secondary', () => host.send({ type: 'port' }))]),
    ...(again ? [button('Diagnose Again…', 'secondary', () => host.send({ type: 'diagnose' }))] : []),
    button('Compare With…', 'secondary', () => host.send({ type: 'compareWith' })),
  );
}

function coverage({ coverage: shares }: ReportView): Child[] {
  if (shares.length === 0) return [];
  return [element('h2', {}, 'Coverage'), ...shares.map(({ share, words: text }) => shareBar(share, text))];
}

host.send({ type: 'ready' });
