import { basename } from 'node:path';
import type { ColumnRequest, EvaluateRequest } from '../request.ts';

/** The columns of a request, each with patches once for every scale of a sweep. */
export function expandColumns({ columns, scales }: Pick<EvaluateRequest, 'columns' | 'scales'>): ColumnRequest[] {
  if (scales === undefined) return [...columns];
  return columns.flatMap((column) =>
    column.patches.length === 0
      ? [column]
      : scales.map((scale) => ({
          ...column,
          label: `${column.label} ${scaleLabel(column.patches, scale)}`,
          patches: column.patches.map((patch) => ({ ...patch, scale: patch.scale * scale })),
        })),
  );
}

/** The patch's own scale, or what the scales of several are multiplied with. */
function scaleLabel([first, ...others]: ColumnRequest['patches'], scale: number): string {
  if (first === undefined || others.length > 0) return `× ${scale}`;
  return `@${Number((scale * first.scale).toPrecision(12))}`;
}

/** What a column is called unless somebody says otherwise: the model, its patches and their scales. */
export function columnLabel({ model, patches, exported, control }: Omit<ColumnRequest, 'label'>): string {
  const names = patches.map(({ patch, scale }) => `${basename(patch)}${scale === 1 ? '' : `@${scale}`}`);
  const label = [basename(model), ...names].join(' + ');
  if (control !== undefined) return `${label} (random control)`;
  return exported === true ? `${label} (as exported)` : label;
}
