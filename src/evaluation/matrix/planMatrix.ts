import type { LowRankKernel } from '../../kernels/lowRank.ts';
import { isThere } from '../../base/there.ts';
import { evaluationKey, planKnown } from '../run/parts/planKnown.ts';
import { itemsOf } from '../run/runColumn.ts';
import type { PlannedEvaluation } from '../run/planEvaluation.ts';
import type { MatrixFolder } from './matrixFolder.ts';
import type { MatrixSpec } from './spec.ts';
import { columnsOf, requestFor, unitsOf, type EvaluateUnit, type MatrixUnit } from './units.ts';

export interface PlanningTools {
  readonly kernel: LowRankKernel;
  readonly toolVersion: string;
  readonly signal: AbortSignal;
}

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
export async function planMatrix(spec: MatrixSpec, folder: MatrixFolder, tools: PlanningTools): Promise<PlannedMatrix> {
  const units = unitsOf(spec, folder.out);
  const plans = new Map<string, Promise<PlannedEvaluation>>();
  const planOn = (device: string): Promise<PlannedEvaluation> => {
    const known =
      plans.get(device) ?? planKnown(requestFor(spec, columnsOf(spec), spec.tasks, folder.results), device, tools);
    plans.set(device, known);
    return known;
  };
  try {
    const first = await planOn('cpu');
    const missing: MatrixUnit[] = [];
    for (const unit of units) if (!(await isDone(unit))) missing.push(unit);
    const items = missing.flatMap((unit) => (unit.kind === 'evaluate' ? [itemsIn(unit, first)] : []));
    const parameters = Math.max(...first.columns.map(({ facts }) => facts.parameters));
    return { units, missing, items: items.reduce((sum, one) => sum + one, 0), parameters };
  } finally {
    for (const plan of plans.values())
      await plan.then(
        (planned) => planned[Symbol.asyncDispose](),
        () => undefined,
      );
  }

  async function isDone(unit: MatrixUnit): Promise<boolean> {
    if (unit.kind === 'port') return isThere(folder.evidenceOf(unit));
    const record = await folder.get(unit);
    if (record?.portllm !== tools.toolVersion || !(await isThere(record.results))) return false;
    return record.key === evaluationKey(cut(unit, await planOn(record.device)));
  }

  function itemsIn(unit: EvaluateUnit, planned: PlannedEvaluation): number {
    const {
      columns: [column],
      tasks,
    } = cut(unit, planned);
    return column === undefined ? 0 : itemsOf(column, tasks).length;
  }

  /** What a unit alone would plan. */
  function cut({ column, task }: EvaluateUnit, { columns, tasks }: PlannedEvaluation): Cut {
    const at = spec.tasks.indexOf(task);
    return { columns: columns.filter(({ facts }) => facts.label === column.label), tasks: tasks.slice(at, at + 1) };
  }
}

type Cut = Pick<PlannedEvaluation, 'columns' | 'tasks'>;
