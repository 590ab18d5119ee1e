import type { ReportView, ViewTensor } from '../../src/editor/report/viewTypes.ts';
import { lateDisclosure, table, type Column } from '../common/parts.ts';
import { written } from './numbers.ts';

/** All numbers of all tensors, of which there may be twenty thousand. */
export function tensorTable(
  { metrics, tensors }: ReportView,
  shown: readonly ViewTensor[],
  isOpen: boolean,
): HTMLElement {
  const columns: Column<ViewTensor>[] = [
    { title: 'Tensor', kind: 'code', value: ({ target }) => target },
    { title: 'Shape', kind: 'number', value: ({ shape }) => shape.join(' × ') },
    ...metrics.map(({ label, unit }, i): Column<ViewTensor> => ({
      title: label,
      kind: 'number',
      value: ({ values }) => written(values[i], unit),
    })),
  ];
  return lateDisclosure(
    `Table of ${shown.length === tensors.length ? 'all ' : ''}${shown.length} tensors`,
    () => table('Figures of every patched tensor', columns, shown),
    { class: 'all-tensors' },
    isOpen,
  );
}
