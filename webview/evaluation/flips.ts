import type { ViewFlips, ViewItem, ViewItemDetail, ViewRow } from '../../src/editor/evaluation/viewTypes.ts';
import { element, type Child } from '../common/dom.ts';
import { itemSection } from './itemDetail.ts';

/** Which item is asked for. */
export interface ItemQuestion {
  readonly task: string;
  readonly column: number;
  readonly reference: number;
  readonly docId: number;
  readonly referenceDocId: number;
}

/** Of every column that is compared: the items that went over to right or to wrong, each with its prompt when it is opened. */
export class Flips {
  private readonly labels: readonly string[];
  private readonly ask: (question: ItemQuestion) => void;
  private readonly places = new Map<string, HTMLElement>();

  constructor(labels: readonly string[], ask: (question: ItemQuestion) => void) {
    this.labels = labels;
    this.ask = ask;
  }

  lists(row: ViewRow): Child[] {
    return row.differences.flatMap(({ column, reference, flips }) => {
      if (flips === null) return [];
      const title = `${row.name}: ${this.labels[column] ?? ''}`;
      return [this.list(title, flips, { task: row.task, column, reference })];
    });
  }

  show(column: number, reference: number, detail: ViewItemDetail): void {
    const { task, docId } = detail;
    for (const place of this.placesOf({ task, column, reference, docId })) place.replaceChildren(itemSection(detail));
  }

  fail({ message, ...question }: Omit<ItemQuestion, 'referenceDocId'> & { readonly message: string }): void {
    for (const place of this.placesOf(question)) place.replaceChildren(element('p', { role: 'alert' }, message));
  }

  private list(title: string, flips: ViewFlips, of: Pick<ItemQuestion, 'task' | 'column' | 'reference'>): HTMLElement {
    const { gained, lost, gainedCount, lostCount } = flips;
    const reference = this.labels[of.reference] ?? '';
    return element(
      'details',
      { class: 'flips' },
      element('summary', {}, `${title}: ${gainedCount} gained, ${lostCount} lost against ${reference}`),
      ...this.items(`Gained: wrong in ${reference}, right here`, gained, gainedCount, of),
      ...this.items(`Lost: right in ${reference}, wrong here`, lost, lostCount, of),
    );
  }

  private items(
    title: string,
    shown: readonly ViewItem[],
    count: number,
    of: Pick<ItemQuestion, 'task' | 'column' | 'reference'>,
  ): Child[] {
    if (count === 0) return [];
    const more =
      count > shown.length ? [element('li', {}, `and ${count - shown.length} more, in the samples files`)] : [];
    const rows = shown.map((item) => element('li', {}, this.item(item, of)));
    return [element('h4', {}, title), element('ul', { class: 'items' }, ...rows, ...more)];
  }

  private item(
    { docId, referenceDocId, excerpt }: ViewItem,
    of: Pick<ItemQuestion, 'task' | 'column' | 'reference'>,
  ): HTMLElement {
    const place = element('div', {});
    const question = { ...of, docId, referenceDocId };
    // One item may be in the lists of two metrics.
    this.places.set(`${keyOf(question)} ${this.places.size}`, place);
    const made = element(
      'details',
      { class: 'item' },
      element('summary', {}, element('span', { class: 'item-number' }, `item ${docId}`), ' ', excerpt),
      place,
    );
    made.addEventListener('toggle', () => {
      if (!made.open || place.childElementCount > 0) return;
      place.append(element('p', { role: 'status', class: 'note' }, 'Reading its samples …'));
      this.ask(question);
    });
    return made;
  }

  private placesOf(question: Omit<ItemQuestion, 'referenceDocId'>): HTMLElement[] {
    const key = `${keyOf(question)} `;
    return [...this.places].flatMap(([name, place]) =>
      name.startsWith(key) && place.childElementCount > 0 ? [place] : [],
    );
  }
}

function keyOf({ task, column, reference, docId }: Omit<ItemQuestion, 'referenceDocId'>): string {
  return JSON.stringify([task, column, reference, docId]);
}
