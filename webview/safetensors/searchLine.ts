import { plural } from '../../src/base/format.ts';
import type { RowPage } from '../../src/library/glance/types.ts';
import { element } from '../common/dom.ts';
import { textField } from '../common/ui.ts';
import { exactCount } from './words.ts';

const TYPED_MS = 150;

export interface SearchEvents {
  readonly onSearch: (text: string) => void;
  /** Downwards, to what was found. */
  readonly onLeave: () => void;
}

/** Where one types what is looked for, with how much was found. */
export class SearchLine {
  readonly element: HTMLElement;
  text = '';
  private readonly status = element('span', { class: 'note', role: 'status' });
  private readonly events: SearchEvents;
  private field: HTMLElement;
  private timer: number | undefined;

  constructor(events: SearchEvents) {
    this.events = events;
    this.field = this.makeField('', 0);
    this.element = element('div', { class: 'search-line', role: 'search' }, this.field, this.status);
    this.element.addEventListener('keydown', (event) => this.onKey(event));
    // The find widget of a page would look in those rows only that are drawn.
    window.addEventListener('keydown', (event) => {
      if (event.key !== 'f' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.field.focus();
    });
  }

  restore(text: string, tensors: number): void {
    this.replaceField(text, tensors);
    if (text !== '') this.events.onSearch(text);
  }

  /** @param page what was found; null where nothing is looked for */
  say(page: RowPage | null): void {
    this.status.textContent = page === null ? '' : saying(page);
  }

  private replaceField(text: string, tensors: number): void {
    this.text = text;
    const made = this.makeField(text, tensors);
    this.field.replaceWith(made);
    this.field = made;
  }

  private makeField(text: string, tensors: number): HTMLElement {
    const placeholder = `Search ${exactCount(tensors)} tensors: name, dtype (bf16), dimension (4096) or shape (768x64)`;
    return textField('Search tensors', placeholder, text, (typed) => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.look(typed.trim()), TYPED_MS);
    });
  }

  private look(text: string): void {
    if (text === this.text) return;
    this.text = text;
    this.events.onSearch(text);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      this.events.onLeave();
    }
    if (event.key === 'Escape' && this.text !== '') {
      Object.assign(this.field, { value: '' });
      window.clearTimeout(this.timer);
      this.look('');
    }
  }
}

function saying({ total, rows }: RowPage): string {
  const found = total === 1 ? '1 tensor found' : `${exactCount(total)} tensors found`;
  return rows.length < total ? `${found}; the first ${plural(rows.length, 'is', 'are')} listed` : found;
}
