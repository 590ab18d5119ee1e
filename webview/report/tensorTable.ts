import type { ReportView, ViewTensor } from '../../src/editor/report/viewTypes.ts';
import { element } from '../common/dom.ts';
import { table, type Column } from '../common/parts.ts';
import { written } from './numbers.ts';

/** All numbers of all tensors; made when it is opened, for there may be twenty thousand. */
export function tensorTable(
  { metrics, tensors }: ReportView,
  shown: readonly ViewTensor[],
  isOpen: boolean,
): HTMLElement {
  const place = element('div', {});
  const details = element(
    'details',
    { class: 'all-tensors' },
    element('summary', {}, `Table of ${shown.length === tensors.length ? 'all ' : ''}${shown.length} tensors`),
    place,
  );
  const columns: Column<ViewTensor>[] = [
    { title: 'Tensor', kind: 'code', value: ({ target }) => target },
    { title: 'Shape', kind: 'number', value: ({ shape }) => shape.join(' × ') },
    ...metrics.map(({ label, unit }, i): Column<ViewTensor> => ({
      title: label,
      kind: 'number',
      value: ({ values }) => written(values[i], unit),
    })),
  ];
  details.addEventListener('toggle', () => {
    if (details.open && place.childElementCount === 0)
      place.append(table('Figures of every patched tensor', columns, shown));
  });
  details.open = isOpen;
  return details;
}
