import type { EvaluationView, ViewRow } from '../../src/editor/evaluation/viewTypes.ts';
import { element, type Child } from '../common/dom.ts';
import { button } from '../common/ui.ts';

/** What differs from the baseline, in one line each; the page in the editor has everything else. */
export function inShort(view: EvaluationView, baseline: string | null, pin: (column: number | null) => void): Child[] {
  const { columns, rows, reference } = view;
  if (reference === null) return [];
  const label = columns[reference]?.label ?? '';
  return [
    element('h3', {}, `Compared with ${label}`),
    baseline === label
      ? button('Unpin Baseline', 'secondary', () => pin(null))
      : button('Pin as Baseline', 'secondary', () => pin(reference)),
    ...rows.flatMap((row) => lines(row, view)),
  ];
}

function lines({ name, differences, recoveries }: ViewRow, { columns, reference }: EvaluationView): Child[] {
  const own = differences.filter((one) => one.reference === reference);
  if (own.length === 0) return [];
  return [
    element('h4', {}, name),
    element(
      'ul',
      { class: 'differences-short' },
      ...own.map(({ column, text, interval, verdict }) =>
        element(
          'li',
          {},
          element('span', {}, columns[column]?.label ?? ''),
          ' ',
          element('strong', {}, text),
          ' ',
          element('span', { class: 'role' }, `${interval}, ${verdict}`),
        ),
      ),
    ),
    ...recoveries.map((text) => element('p', { class: 'note' }, text)),
  ];
}
