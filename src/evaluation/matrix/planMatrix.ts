import { isThere } from '../../base/there.ts';
import { evaluationKey, planKnown, type KnownTools } from '../run/parts/planKnown.ts';
import type { PlannedEvaluation } from '../run/planEvaluation.ts';
import { itemsOf } from '../run/runColumn.ts';
import type { MatrixFolder } from './matrixFolder.ts';
import { isPorted } from './portState.ts';
import type { MatrixSpec } from './spec.ts';
import { columnsOf, requestFor, unitsOf, type EvaluateUnit, type MatrixUnit } from './units.ts';

export interface PlannedMatrix {
  readonly units: readonly MatrixUnit[];
  /** Those that are not done, or were computed from other files or by another version. */
  readonly missing: readonly MatrixUnit[];
  /** Items of the missing ones. */
  readonly items: number;
  /** Of the largest model. */
  readonly parameters: number;
}

/**
 * Plans all columns and tasks, before the first is computed, and looks what is there already.
 *
 * @throws InputError if a task, its data, a model or a patch cannot be used
 */
export async function planMatrix(spec: MatrixSpec, folder: MatrixFolder, tools: KnownTools): Promise<PlannedMatrix> {
  await using plans = new Plans(spec, folder, tools);
  const units = unitsOf(spec, folder.out);
  const planned = await plans.on('cpu');
  const missing: MatrixUnit[] = [];
  for (const unit of units) if (!(await isDone(unit, folder, plans, tools.toolVersion))) missing.push(unit);
  const items = missing.flatMap((unit) => (unit.kind === 'evaluate' ? [itemsIn(plans.cut(unit, planned))] : []));
  return {
    units,
    missing,
    items: items.reduce((sum, count) => sum + count, 0),
    parameters: Math.max(...planned.columns.map(({ facts }) => facts.parameters)),
  };
}

type Cut = Pick<PlannedEvaluation, 'columns' | 'tasks'>;

/** The whole matrix as one evaluation, for each device that cells were computed on: what they depend on has it in it. */
class Plans implements AsyncDisposable {
  private readonly spec: MatrixSpec;
  private readonly results: string;
  private readonly tools: KnownTools;
  private readonly plans = new Map<string, PlannedEvaluation>();

  constructor(spec: MatrixSpec, { results }: MatrixFolder, tools: KnownTools) {
    this.spec = spec;
    this.results = results;
    this.tools = tools;
  }

  async on(device: string): Promise<PlannedEvaluation> {
    const known = this.plans.get(device);
    if (known !== undefined) return known;
    const request = requestFor(this.spec, columnsOf(this.spec), this.spec.tasks, this.results);
    const made = await planKnown(request, device, this.tools);
    this.plans.set(device, made);
    return made;
  }

  /** What a unit alone would plan. */
  cut({ column, task }: EvaluateUnit, { columns, tasks }: PlannedEvaluation): Cut {
    const at = this.spec.tasks.indexOf(task);
    return { columns: columns.filter(({ facts }) => facts.label === column.label), tasks: tasks.slice(at, at + 1) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const plan of this.plans.values()) await plan[Symbol.asyncDispose]();
  }
}

async function isDone(unit: MatrixUnit, folder: MatrixFolder, plans: Plans, toolVersion: string): Promise<boolean> {
  if (unit.kind === 'port') return isPorted(unit, folder);
  const record = await folder.get(unit);
  if (record?.portllm !== toolVersion || !(await isThere(record.results))) return false;
  return record.key === evaluationKey(plans.cut(unit, await plans.on(record.device)));
}

function itemsIn({ columns: [column], tasks }: Cut): number {
  return column === undefined ? 0 : itemsOf(column, tasks).length;
}
