import { SCALES } from '../../../diagnostics/probeTypes.ts';
import { basename, dirname } from 'node:path';
import type { BosMode, ColumnRequest, EvaluateRequest } from '../../../evaluation/request.ts';
import { columnLabel } from '../../../evaluation/run/columns.ts';
import { lastPart } from '../folderNames.ts';
import type { PlannedColumn } from './columns.ts';

export const EXTRAS = ['scales', 'control', 'exported'] as const;
export type Extra = (typeof EXTRAS)[number];

/** lm-eval's fewshot_seed. */
export const SEED = 1234;

/** All that the wizard asked for. */
export interface EvaluateAnswers {
  readonly columns: readonly PlannedColumn[];
  readonly tasks: readonly string[];
  readonly limit: number | undefined;
  readonly extras: readonly Extra[];
  readonly out: string;
}

export interface RequestSettings {
  readonly dataFolder: string | undefined;
  readonly bos: BosMode;
  readonly bootstrapIterations: number;
}

export function toRequest(answers: EvaluateAnswers, settings: RequestSettings): EvaluateRequest {
  const { tasks, limit, extras, out } = answers;
  const { dataFolder: data, bos, bootstrapIterations } = settings;
  const columns = withExtras(answers.columns, extras).map(toColumn);
  return { columns: withDistinctLabels(columns), tasks, data, limit, bos, bootstrapIterations, seed: SEED, out };
}

type FullColumn = PlannedColumn & Pick<ColumnRequest, 'exported' | 'control'> & { readonly scale?: number };

/**
 * A sweep and a control belong to the port, or to every patch where nothing is called a port. Columns of one sweep differ in
 * nothing but the scale.
 */
function withExtras(columns: readonly PlannedColumn[], extras: readonly Extra[]): FullColumn[] {
  const exported = extras.includes('exported') ? true : undefined;
  const studied = studiedColumns(columns);
  return columns.flatMap((column): FullColumn[] => {
    const own = column.patch === undefined ? column : { ...column, exported };
    if (!studied.includes(column)) return [own];
    return [
      own,
      ...(extras.includes('scales') ? SCALES.filter((scale) => scale !== 1) : []).map((scale) => ({
        ...own,
        scale,
      })),
      ...(extras.includes('control')
        ? [{ ...column, role: studied.length === 1 ? ('control' as const) : undefined, control: { seed: 0 } }]
        : []),
    ];
  });
}

export function studiedColumns(columns: readonly PlannedColumn[]): PlannedColumn[] {
  const ported = columns.filter(({ role }) => role === 'ported');
  return (ported.length > 0 ? ported : columns).filter(({ patch }) => patch !== undefined);
}

function toColumn({ model, patch, from, role, exported, control, scale = 1 }: FullColumn): ColumnRequest {
  const patches = patch === undefined ? [] : [{ patch, from, scale }];
  return { label: labelOf({ model, patches, exported, control }), role, model, patches, exported, control };
}

/** By the names that people know: of a repository in the Hugging Face cache, not of its snapshot. */
export function labelOf(column: Omit<ColumnRequest, 'label'>): string {
  const patches = column.patches.map((patch) => ({ ...patch, patch: lastPart(patch.patch) }));
  return columnLabel({ ...column, model: lastPart(column.model), patches });
}

/** What would be called alike says which folder it lies in. */
function withDistinctLabels(columns: readonly ColumnRequest[]): ColumnRequest[] {
  const counts = new Map<string, number>();
  for (const { label } of columns) counts.set(label, (counts.get(label) ?? 0) + 1);
  return columns.map((column) => {
    if (counts.get(column.label) === 1) return column;
    const folders = [column.model, ...column.patches.map(({ patch }) => patch)].map((path) => basename(dirname(path)));
    return { ...column, label: `${column.label} (${folders.join(', ')})` };
  });
}

/** What the folder of results is called: the patch and the model it is for, or the first model. */
export function nameOf(columns: readonly PlannedColumn[]): string {
  const [main] = [...studiedColumns(columns), ...columns.filter(({ role }) => role === 'ported'), ...columns];
  if (main === undefined) return 'evaluation';
  return main.patch === undefined ? lastPart(main.model) : `${lastPart(main.patch)}-on-${lastPart(main.model)}`;
}
