import { element, svg, type Child } from './dom.ts';

/** A list of names and values. */
export function facts(rows: readonly (readonly [label: string, value: string])[]): HTMLElement {
  const list = element('dl', { class: 'facts' });
  for (const [label, value] of rows) list.append(element('dt', {}, label), element('dd', {}, value));
  return list;
}

/** A share as a bar, with the same in words. */
export function shareBar(share: number, words: string): HTMLElement {
  const width = 220 * Math.min(1, Math.max(0, share));
  return element(
    'div',
    { class: 'coverage' },
    svg(
      'svg',
      { viewBox: '0 0 220 10', 'aria-hidden': 'true' },
      svg('rect', { class: 'bar-track', x: 0.5, y: 0.5, width: 219, height: 9 }),
      svg('rect', { class: 'bar-fill', x: 0, y: 0, width, height: 10 }),
    ),
    element('span', {}, words),
  );
}

/** A titled box with a list of lines; nothing if there are none. */
export function listBox(title: string, lines: readonly string[], kind: 'warning' | 'error' | 'information'): Child[] {
  if (lines.length === 0) return [];
  const items = lines.map((line) => element('li', {}, line));
  const role = kind === 'error' ? 'alert' : 'note';
  return [element('div', { class: `box ${kind}`, role }, element('strong', {}, title), element('ul', {}, ...items))];
}

/** Content that is shown when it is opened. */
export function disclosure(summary: string, content: Child): HTMLElement {
  return element('details', {}, element('summary', {}, summary), content);
}

/** Likewise of content that is made only then, for it may be large. */
export function lateDisclosure(
  summary: string,
  make: () => HTMLElement,
  attributes: { readonly class?: string } = {},
  isOpen = false,
): HTMLElement {
  const place = element('div', {});
  const details = element('details', attributes, element('summary', {}, summary), place);
  details.addEventListener('toggle', () => {
    if (details.open && place.childElementCount === 0) place.append(make());
  });
  details.open = isOpen;
  return details;
}

export interface Column<T> {
  readonly title: Child;
  readonly kind?: 'number' | 'code' | 'words';
  readonly value: (row: T) => Child;
}

export function table<T>(caption: string, columns: readonly Column<T>[], rows: readonly T[]): HTMLElement {
  const head = columns.map(({ title, kind }) => element('th', { scope: 'col', class: kind ?? '' }, title));
  const body = rows.map((row) => element('tr', {}, ...columns.map((column, index) => cell(column, row, index === 0))));
  return element(
    'div',
    { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': caption },
    element(
      'table',
      {},
      element('caption', { class: 'visually-hidden' }, caption),
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...body),
    ),
  );
}

/** The first cell names its row. */
function cell<T>({ kind, value }: Column<T>, row: T, isHeader: boolean): HTMLElement {
  if (isHeader) return element('th', { scope: 'row', class: `row ${kind ?? ''}` }, value(row));
  return element('td', { class: kind ?? '' }, value(row));
}
