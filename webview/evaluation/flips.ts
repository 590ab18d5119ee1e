import type { ViewFlips, ViewItem, ViewRow } from '../../src/editor/evaluation/viewTypes.ts';
import { element, type Child } from '../common/dom.ts';

/** Of every column that is compared: the items that went over to right or to wrong. */
export function flipLists(row: ViewRow, labels: readonly string[]): Child[] {
  return row.differences.flatMap(({ column, reference, flips }) =>
    flips === null ? [] : [flipList(`${row.name}: ${labels[column] ?? ''}`, labels[reference] ?? '', flips)],
  );
}

function flipList(title: string, reference: string, flips: ViewFlips): HTMLElement {
  const { gained, lost, gainedCount, lostCount } = flips;
  return element(
    'details',
    { class: 'flips' },
    element('summary', {}, `${title}: ${gainedCount} gained, ${lostCount} lost against ${reference}`),
    ...items(`Gained: wrong in ${reference}, right here`, gained, gainedCount),
    ...items(`Lost: right in ${reference}, wrong here`, lost, lostCount),
  );
}

function items(title: string, shown: readonly ViewItem[], count: number): Child[] {
  if (count === 0) return [];
  const more =
    count > shown.length ? [element('li', {}, `and ${count - shown.length} more, in the samples files`)] : [];
  const rows = shown.map(({ docId, excerpt }) =>
    element('li', {}, element('span', { class: 'item-number' }, `item ${docId}`), ' ', excerpt),
  );
  return [element('h4', {}, title), element('ul', { class: 'items' }, ...rows, ...more)];
}
