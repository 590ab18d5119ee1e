import { SCALES } from '../../diagnostics/probeTypes.ts';
import type { EvaluateRequest } from '../request.ts';
import type { OpenOptions, PlannedColumn } from '../run/column.ts';
import { Models } from '../run/models.ts';
import { planColumns } from '../run/planColumns.ts';
import type { PreparedTask } from '../run/prepareTask.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Measured } from './lines.ts';
import { measurePoint, type ProbeTask, type ProbeTools } from './measure.ts';
import type { ProbeRequest } from './request.ts';

/** W_new + λ·Δ: the columns that an evaluation at these scales has, which share one network. */
export interface PlannedScales {
  /** The new base's. */
  readonly tokenizer: Tokenizer;
  readonly warnings: readonly string[];
  /** Point by point, each task. */
  measure(tasks: readonly ProbeTask[], options: OpenOptions): Promise<Measured[][]>;
  /** Where the weights were. */
  memory(): string;
}

/** @throws InputError if the new base or the patch cannot be used; CancelledError */
export async function planScales(
  request: ProbeRequest,
  tasks: readonly PreparedTask[],
  tools: ProbeTools,
): Promise<PlannedScales> {
  const { runtime } = tools;
  const models = new Models(runtime);
  const planning = planColumns(columnsOf(request), tasks, { ...tools, models, device: runtime.device }, false);
  const { columns } = await planning.finally(() => models[Symbol.asyncDispose]());
  const [first] = columns;
  if (first === undefined) throw new Error('no scale was planned');
  let memory = '';
  const measureAll = async (asked: readonly ProbeTask[], options: OpenOptions): Promise<Measured[][]> => {
    const measured: Measured[][] = [];
    for (const [i, column] of columns.entries()) {
      const opened = await column.open(itemsOf(asked), options);
      memory = opened.memory;
      const scale = SCALES[i] ?? NaN;
      measured.push(await measurePoint(scale, `λ = ${scale}`, opened.scorer, asked, options));
    }
    return measured;
  };
  return {
    tokenizer: first.tokenizer,
    warnings: [...new Set(columns.flatMap(({ facts }) => facts.warnings))],
    memory: () => memory,
    // The weights are given back before those of the next line are made.
    measure: (asked, options) => measureAll(asked, options).finally(() => models[Symbol.asyncDispose]()),
  };
}

function columnsOf({ onto, patch, scale, from, ...settings }: ProbeRequest): EvaluateRequest {
  const column = { label: 'probe', model: onto, patches: [{ patch, scale, from }] };
  return { ...settings, columns: [column], scales: SCALES, bootstrapIterations: 0, out: '' };
}

function itemsOf(tasks: readonly ProbeTask[]): Parameters<PlannedColumn['open']>[0] {
  return tasks.flatMap(({ items }) => items);
}
