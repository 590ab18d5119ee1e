import type { GlanceTensor } from '../../src/library/glance/types.ts';
import { element } from '../common/dom.ts';
import type { FiguresState } from '../contract.ts';
import { statusOf, tensorPanel } from './tensorPanel.ts';

export interface ChosenEvents {
  readonly onMeasure: (tensor: GlanceTensor) => void;
  readonly onCancel: () => void;
  readonly onCopy: (tensor: GlanceTensor) => void;
}

/** The panel of the chosen tensor. It is drawn anew only where something else is to be seen, so that the keyboard stays. */
export class ChosenTensor {
  readonly element: HTMLElement;
  tensor: GlanceTensor | undefined;
  private readonly content = element('div');
  private readonly status = element('p', { class: 'note', role: 'status' });
  private readonly events: ChosenEvents;
  private isTrusted = false;
  private state: FiguresState | undefined;
  private drawn = '';

  constructor(events: ChosenEvents) {
    this.events = events;
    this.element = element('aside', { class: 'chosen', 'aria-label': 'Chosen tensor' }, this.content, this.status);
  }

  /** Nothing is chosen. */
  begin(isTrusted: boolean): void {
    this.isTrusted = isTrusted;
    this.tensor = undefined;
    this.state = undefined;
    this.drawn = '';
    this.status.textContent = '';
    this.content.replaceChildren(
      element('p', { class: 'note' }, 'Choose a tensor to see more of it, and to compute its norms.'),
    );
  }

  trust(): void {
    this.isTrusted = true;
    this.draw(this.state);
  }

  choose(tensor: GlanceTensor): void {
    this.tensor = tensor;
  }

  is({ name, file }: GlanceTensor): boolean {
    return this.tensor?.name === name && this.tensor.file === file;
  }

  draw(state: FiguresState | undefined): void {
    const { tensor, events } = this;
    this.state = state;
    if (tensor === undefined) return;
    const drawn = [tensor.file, tensor.name, String(this.isTrusted), state?.type ?? ''].join('\n');
    if (drawn !== this.drawn || state?.type === 'done') {
      const hadFocus = document.activeElement?.classList.contains('measure') === true;
      this.content.replaceChildren(
        ...tensorPanel(tensor, state, this.isTrusted, {
          onMeasure: () => events.onMeasure(tensor),
          onCancel: events.onCancel,
          onCopy: () => events.onCopy(tensor),
        }),
      );
      if (hadFocus) this.content.querySelector<HTMLElement>('.measure')?.focus();
    }
    this.drawn = drawn;
    this.status.textContent = statusOf(state);
  }
}
