import type { GlanceTensor } from '../../src/library/glance/types.ts';
import { element } from '../common/dom.ts';
import { rowElement, ROW_HEIGHT } from './treeRow.ts';
import type { VisibleRow } from './treeModel.ts';

/** Rows beyond the edges that are drawn too, so that scrolling shows no gaps. */
const MARGIN = 12;

export interface TreeEvents {
  readonly onToggle: (group: string, isExpanded: boolean) => void;
  readonly onChoose: (tensor: GlanceTensor) => void;
  readonly onCopy: (name: string) => void;
  /** Rows that are to be seen, and not known yet. */
  readonly onMissing: (group: string, index: number) => void;
  readonly onScroll: () => void;
}

/**
 * A tree of any length: only the rows that can be seen, and the one that has the keyboard, are in the document
 * (https://www.w3.org/WAI/ARIA/apg/patterns/treeview/).
 */
export class TensorTreeView {
  readonly element: HTMLElement;
  private readonly space = element('div', { class: 'tree-space', role: 'none' });
  private readonly events: TreeEvents;
  private readonly drawn = new Map<
    string,
    { readonly shown: VisibleRow; readonly isChosen: boolean; readonly shape: HTMLElement }
  >();
  private rows: readonly VisibleRow[] = [];
  private active = 0;
  private isChosen: (tensor: GlanceTensor) => boolean = () => false;

  constructor(label: string, events: TreeEvents) {
    this.events = events;
    this.element = element('div', { class: 'tree', role: 'tree', 'aria-label': label }, this.space);
    this.element.addEventListener('scroll', () => {
      this.draw();
      events.onScroll();
    });
    this.element.addEventListener('keydown', (event) => this.onKey(event));
    this.element.addEventListener('click', (event) => this.onClick(event));
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** The row that had the keyboard keeps it, wherever it is now. */
  show(rows: readonly VisibleRow[], isChosen: (tensor: GlanceTensor) => boolean): void {
    const key = this.rows[this.active]?.key;
    const hadFocus = this.element.contains(document.activeElement);
    const again = key === undefined ? -1 : rows.findIndex((row) => row.key === key);
    this.rows = rows;
    this.isChosen = isChosen;
    this.active = again >= 0 ? again : Math.min(this.active, Math.max(0, rows.length - 1));
    this.space.style.height = `${rows.length * ROW_HEIGHT}px`;
    this.draw();
    if (hadFocus) this.shapeOf(this.active)?.focus({ preventScroll: true });
  }

  focus(): void {
    this.moveTo(this.active);
  }

  /** To the first row, as for another list. */
  reset(): void {
    this.active = 0;
    this.element.scrollTop = 0;
  }

  private draw(): void {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - MARGIN);
    const end = Math.min(this.rows.length, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + MARGIN);
    const wanted = new Set<number>();
    for (let i = first; i < end; i++) wanted.add(i);
    if (this.active < this.rows.length) wanted.add(this.active);
    const keys = new Set([...wanted].map((i) => this.rows[i]?.key));
    for (const [key, { shape }] of this.drawn)
      if (!keys.has(key)) {
        shape.remove();
        this.drawn.delete(key);
      }
    let before: Element | null = null;
    for (const i of [...wanted].sort((a, b) => a - b)) {
      const shape = this.drawOne(i);
      // In the order of the list, for those who do not see where they stand; what stands right is not moved.
      const next: ChildNode | null = before === null ? this.space.firstChild : before.nextSibling;
      if (shape !== undefined && next !== shape) this.space.insertBefore(shape, next);
      before = shape ?? before;
    }
  }

  private drawOne(index: number): HTMLElement | undefined {
    const shown = this.rows[index];
    if (shown === undefined) return undefined;
    if (shown.row === undefined) this.events.onMissing(shown.group, shown.position - 1);
    const isChosen = shown.row?.type === 'tensor' && this.isChosen(shown.row.tensor);
    let drawn = this.drawn.get(shown.key);
    if (drawn === undefined || !isSame(drawn.shown, shown) || drawn.isChosen !== isChosen) {
      const shape = rowElement(shown, isChosen);
      const hadFocus = drawn?.shape === document.activeElement;
      drawn?.shape.replaceWith(shape);
      drawn = { shown, isChosen, shape };
      this.drawn.set(shown.key, drawn);
      if (hadFocus) shape.focus({ preventScroll: true });
    }
    drawn.shape.style.top = `${index * ROW_HEIGHT}px`;
    drawn.shape.tabIndex = index === this.active ? 0 : -1;
    return drawn.shape;
  }

  private shapeOf(index: number): HTMLElement | undefined {
    return this.drawn.get(this.rows[index]?.key ?? '')?.shape;
  }

  private moveTo(index: number): void {
    if (this.rows.length === 0) return;
    this.active = Math.min(Math.max(0, index), this.rows.length - 1);
    const [top, { scrollTop, clientHeight }] = [this.active * ROW_HEIGHT, this.element];
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight) this.element.scrollTop = top + ROW_HEIGHT - clientHeight;
    this.draw();
    this.shapeOf(this.active)?.focus({ preventScroll: true });
  }

  private onClick(event: Event): void {
    const shape = event.target instanceof Element ? event.target.closest('[role=treeitem]') : null;
    const key = [...this.drawn].find(([, drawn]) => drawn.shape === shape)?.[0];
    const index = this.rows.findIndex((row) => row.key === key);
    if (index < 0) return;
    this.moveTo(index);
    this.act(index);
  }

  private act(index: number): void {
    const shown = this.rows[index];
    if (shown?.row?.type === 'group') this.events.onToggle(shown.row.id, !shown.isExpanded);
    if (shown?.row?.type === 'tensor') this.events.onChoose(shown.row.tensor);
  }

  private onKey(event: KeyboardEvent): void {
    const isCopy = event.key === 'c' && (event.ctrlKey || event.metaKey);
    if (!isCopy && (event.ctrlKey || event.metaKey || event.altKey)) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_HEIGHT) - 1);
    const keys: Readonly<Record<string, () => void>> = {
      ArrowDown: () => this.moveTo(this.active + 1),
      ArrowUp: () => this.moveTo(this.active - 1),
      PageDown: () => this.moveTo(this.active + page),
      PageUp: () => this.moveTo(this.active - page),
      Home: () => this.moveTo(0),
      End: () => this.moveTo(this.rows.length - 1),
      ArrowRight: () => this.goIn(),
      ArrowLeft: () => this.goOut(),
      Enter: () => this.act(this.active),
      ' ': () => this.act(this.active),
      c: () => this.copy(),
    };
    if ((event.key === 'c' && !isCopy) || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]?.();
  }

  private goIn(): void {
    const shown = this.rows[this.active];
    if (shown?.row?.type !== 'group') return;
    if (shown.isExpanded) this.moveTo(this.active + 1);
    else this.events.onToggle(shown.row.id, true);
  }

  private goOut(): void {
    const shown = this.rows[this.active];
    if (shown?.row?.type === 'group' && shown.isExpanded) this.events.onToggle(shown.row.id, false);
    else if (shown !== undefined && shown.parent >= 0) this.moveTo(shown.parent);
  }

  private copy(): void {
    const row = this.rows[this.active]?.row;
    if (row?.type === 'tensor') this.events.onCopy(row.tensor.name);
  }
}

/** Rows are made anew whenever a group is opened; most of them say what they said. */
function isSame(one: VisibleRow, other: VisibleRow): boolean {
  return (
    one.row === other.row && one.isExpanded === other.isExpanded && one.level === other.level && one.size === other.size
  );
}
