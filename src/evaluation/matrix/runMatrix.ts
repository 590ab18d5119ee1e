import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfCancelled } from '../../base/abort.ts';
import { InputError } from '../../base/errors.ts';
import { isThere } from '../../base/there.ts';
import type { Part } from '../../base/part.ts';
import { port } from '../../port/port.ts';
import { openPartJournal } from '../results/journal.ts';
import { writeResults } from '../results/writeResults.ts';
import { AllItems } from '../run/allItems.ts';
import { planEvaluation, type PlanningTools } from '../run/planEvaluation.ts';
import { evaluationKey } from '../run/parts/planKnown.ts';
import { runColumn } from '../run/runColumn.ts';
import { MatrixFolder } from './matrixFolder.ts';
import { planMatrix } from './planMatrix.ts';
import type { MatrixSpec } from './spec.ts';
import { requestFor, unitsOf, type EvaluateUnit, type MatrixUnit, type PortUnit } from './units.ts';

export interface MatrixTools extends PlanningTools {
  readonly toolVersion: string;
}

/**
 * Computes what is missing of a matrix. One that was stopped goes on with the next item.
 *
 * @throws InputError if a task, its data, a model or a patch cannot be used; CancelledError
 */
export async function runMatrix(out: string, tools: MatrixTools): Promise<void> {
  const folder = new MatrixFolder(out);
  const { spec } = await folder.read();
  const { missing, items } = await planMatrix(spec, folder, tools);
  const { sink } = new AllItems(items, tools.sink);
  const evaluated = missing.filter((unit) => unit.kind === 'evaluate');
  for (const label of new Set(evaluated.map(({ column }) => column.label)))
    await evaluateUnits(
      spec,
      folder,
      evaluated.filter(({ column }) => column.label === label),
      { ...tools, sink },
    );
  for (const unit of missing) if (unit.kind === 'port') await portUnit(unit, folder, tools);
}

/** One unit alone, by its number. @throws InputError if the matrix has been changed; likewise */
export async function runMatrixPart(out: string, { index, count }: Part, tools: MatrixTools): Promise<MatrixUnit> {
  const folder = new MatrixFolder(out);
  const { spec } = await folder.read();
  const units = unitsOf(spec, folder.out);
  const unit = units[index - 1];
  if (unit === undefined || units.length !== count)
    throw new InputError(`The matrix in ${out} has ${units.length} parts, not ${count}.`, 'Was it changed meanwhile?');
  await folder.beginParts();
  if (unit.kind === 'port') await portUnit(unit, folder, tools);
  else await evaluateUnits(spec, folder, [unit], tools);
  return unit;
}

/** Of one column, which is opened once. */
async function evaluateUnits(
  spec: MatrixSpec,
  folder: MatrixFolder,
  units: readonly EvaluateUnit[],
  tools: MatrixTools,
): Promise<void> {
  const [first] = units;
  if (first === undefined) return;
  const { sink, signal, toolVersion } = tools;
  const tasks = units.map(({ task }) => task);
  const request = requestFor(spec, [first.column], tasks, folder.results);
  await using planned = await planEvaluation(request, tools, false);
  for (const [at, unit] of units.entries()) {
    const own = planned.tasks.slice(at, at + 1);
    for (const column of planned.columns) {
      const running = { request, onlyKnown: false, wholeBlocks: true, openJournal: openPartJournal, sink, signal };
      const run = await runColumn(column, own, running);
      await folder.put(unit, {
        key: evaluationKey({ columns: [column], tasks: own }),
        portllm: toolVersion,
        device: tools.runtime.device,
        host: hostname(),
        results: await writeResults(request, run, { toolVersion, signal }),
      });
    }
  }
}

/** How long another process that makes the same port is waited for. */
const WAIT_MS = 600_000;
const LOOK_MS = 500;

/** One that is there is not made again; where another process makes it, that one's is as good. */
async function portUnit(unit: PortUnit, folder: MatrixFolder, tools: MatrixTools): Promise<void> {
  const { kernel, toolVersion, sink, signal } = tools;
  if (await isThere(folder.evidenceOf(unit))) return;
  try {
    await port(unit.request, kernel, toolVersion, sink, signal);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const until = Date.now() + (error.message.includes(' is being written by ') ? WAIT_MS : 0);
    while (!(await isThere(folder.evidenceOf(unit)))) {
      if (Date.now() >= until) throw error;
      throwIfCancelled(signal);
      await sleep(LOOK_MS);
    }
  }
}
