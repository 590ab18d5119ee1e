import type { TensorFigures } from '../../src/diagnostics/figureTypes.ts';
import type { GlanceTensor } from '../../src/library/glance/types.ts';
import { element, type Child } from '../common/dom.ts';
import { facts, listBox } from '../common/parts.ts';
import { button } from '../common/ui.ts';
import type { FiguresState } from '../contract.ts';
import { histogram } from './histogram.ts';
import { exactCount, nameOf, shareText, shortNumber, tensorFacts } from './words.ts';

export interface PanelEvents {
  readonly onMeasure: () => void;
  readonly onCancel: () => void;
  readonly onCopy: () => void;
}

/** What is known of the chosen tensor, and what can be computed of it. */
export function tensorPanel(
  tensor: GlanceTensor,
  state: FiguresState | undefined,
  isTrusted: boolean,
  events: PanelEvents,
): Child[] {
  return [
    element('h2', { class: 'tensor-name' }, nameOf(tensor.name)),
    facts(tensorFacts(tensor)),
    ...(tensor.dtype === null ? [copyButton(events)] : [measuring(state, isTrusted, events), ...resultOf(state)]),
  ];
}

function copyButton({ onCopy }: PanelEvents): HTMLElement {
  return button('Copy Name', 'secondary', onCopy);
}

function measuring(state: FiguresState | undefined, isTrusted: boolean, events: PanelEvents): HTMLElement {
  const isRunning = state?.type === 'running';
  const label = state === undefined ? 'Compute Norms' : 'Compute Again';
  const action = isRunning
    ? button('Cancel', 'secondary', events.onCancel)
    : button(label, state?.type === 'done' ? 'secondary' : 'primary', events.onMeasure, isTrusted);
  action.classList.add('measure');
  const why = 'Computing norms reads weights in the worker process, which needs a trusted workspace.';
  return element(
    'div',
    {},
    element('div', { class: 'actions' }, action, copyButton(events)),
    ...(isTrusted ? [] : [element('p', { class: 'note' }, why)]),
  );
}

/** What is said while it runs, and how it ended. */
export function statusOf(state: FiguresState | undefined): string {
  switch (state?.type) {
    case 'running':
      return state.message;
    case 'cancelled':
      return 'Cancelled.';
    case 'done':
      return `Computed from all ${exactCount(state.figures.elements)} values.`;
    default:
      return '';
  }
}

function resultOf(state: FiguresState | undefined): Child[] {
  if (state?.type === 'failed') return listBox('The norms cannot be computed', [state.message], 'error');
  return state?.type === 'done' ? [...unusual(state.figures), numbers(state.figures), histogram(state.figures)] : [];
}

function unusual({ nans, infinities }: TensorFigures): Child[] {
  if (nans + infinities === 0) return [];
  return listBox('Not all values are finite', ['Norm, mean and deviation are those of the finite ones.'], 'warning');
}

function numbers(figures: TensorFigures): HTMLElement {
  const { elements, zeros, nans, infinities, norm, largest, mean, deviation } = figures;
  const finite = elements - nans - infinities;
  const none = finite === 0 ? 'none' : 'beyond float64';
  const size = (value: number | null): string => (value === null ? none : shortNumber(value));
  return facts([
    ['Frobenius norm', size(norm)],
    ['Root mean square', finite === 0 || norm === null ? none : shortNumber(norm / Math.sqrt(finite))],
    ['Largest |x|', shortNumber(largest)],
    ['Mean', size(mean)],
    ['Standard deviation', size(deviation)],
    ['Zeros', shareText(zeros, elements)],
    ['NaN', shareText(nans, elements)],
    ['Infinite', shareText(infinities, elements)],
    ...(figures.dtype.startsWith('F8') ? [['Scale', 'not applied: as stored'] as const] : []),
  ]);
}
