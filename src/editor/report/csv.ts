import { csvText } from '../../base/csv.ts';
import type { ReportView } from './viewTypes.ts';

const FACTS = ['tensor', 'layer', 'module', 'type', 'group', 'shape', 'dtype', 'method'];

/** One line for each tensor: every figure, and beside it what chance gives where that is known. */
export function csvOf({ metrics, tensors }: ReportView): string {
  const heads = metrics.flatMap(({ name, beside }) => (beside === null ? [name] : [name, `${name}_chance`]));
  return csvText([
    [...FACTS, ...heads],
    ...tensors.map((tensor) => [
      ...[tensor.target, tensor.layer, tensor.module, tensor.type, tensor.group],
      ...[tensor.shape.join('x'), tensor.dtype, tensor.method],
      ...metrics.flatMap(({ beside }, i) =>
        beside === null ? [tensor.values[i]] : [tensor.values[i], tensor.chances[i]],
      ),
    ]),
  ]);
}
