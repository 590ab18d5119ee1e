import pLimit from 'p-limit';
import { throwIfCancelled } from '../base/abort.ts';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import { together } from '../base/together.ts';
import type { LocatedTensor } from '../checkpoint/checkpoint.ts';
import { LANES } from '../kernels/lanes/lanes.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { openItem } from '../port/openItem.ts';
import type { PlanItem } from '../port/plan/planTypes.ts';
import { elements } from '../safetensors/shape.ts';
import { aggregate, aggregatesBy } from './aggregate.ts';
import { diagnoseTensor, type Diagnosed, type OpenedTensor } from './diagnoseTensor.ts';
import { openDiagnosisInputs, type DiagnosisInputs } from './diagnosisInputs.ts';
import { MatrixSpace } from '../kernels/linalg/heldRows.ts';
import { ChanceAngles } from './figures/angles.ts';
import { summarise } from './summary.ts';
import type { DiagnoseRequest, Diagnosis } from './types.ts';

/**
 * How large a patch is, in every tensor that it changes, against the base and its evolution, and what rounding leaves of
 * it. Both bases are streamed; memory does not grow with them.
 *
 * @throws InputError if the patch cannot be ported onto the base; CancelledError
 */
export async function diagnose(
  request: DiagnoseRequest,
  kernel: LowRankKernel,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<Diagnosis> {
  await using inputs = await openDiagnosisInputs(request);
  const { directions } = request;
  return composeDiagnosis(
    request,
    inputs,
    await diagnoseItems(inputs, inputs.items, { kernel, directions, sink, signal }),
  );
}

export interface DiagnoseItemsTools {
  readonly kernel: LowRankKernel;
  readonly directions: number;
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

/** Some of the tensors, each by itself. @throws CancelledError */
export async function diagnoseItems(
  inputs: DiagnosisInputs,
  items: readonly PlanItem[],
  { kernel, directions, sink, signal }: DiagnoseItemsTools,
): Promise<Diagnosed[]> {
  const total = items.reduce((sum, { shape }) => sum + elements(shape), 0);
  const meter = new ProgressMeter('diagnose', { bytes: total, tensors: items.length, unit: 'parameters' }, sink);
  const onTile = (count: number): void => meter.addBytes(count);
  const tools = { kernel, directions, chance: new ChanceAngles(), onTile, alone: pLimit(1), space: new MatrixSpace() };
  // As many as there are lanes, for each holds its factors; their order is the plan's.
  const limit = pLimit(LANES);
  const work = (item: PlanItem, stop: AbortSignal): Promise<Diagnosed> =>
    limit(async () => {
      throwIfCancelled(stop);
      const opened = await openTensor(item, inputs, kernel);
      const diagnosed = await diagnoseTensor(opened, { ...tools, signal: stop });
      meter.addTensor();
      return diagnosed;
    });
  return together(items, work, signal);
}

/** All tensors together: sums by layer, type and group, and what they say. @param found in the plan's order */
export function composeDiagnosis(
  request: DiagnoseRequest,
  { port: { plan } }: DiagnosisInputs,
  found: readonly Diagnosed[],
): Diagnosis {
  const figures = {
    tensors: found.map(({ tensor }) => tensor),
    all: aggregate('all', found),
    layers: aggregatesBy(found, ({ layer }) => (layer === null ? 'other' : `layer ${layer}`)),
    types: aggregatesBy(found, ({ type }) => type),
    groups: aggregatesBy(found, ({ group }) => group),
  };
  const summary = summarise(request, plan, figures);
  return { request, patch: plan.patch, newBase: plan.newBase, oldBase: plan.oldBase, ...figures, summary };
}

async function openTensor(
  item: PlanItem,
  { port: inputs, against }: DiagnosisInputs,
  kernel: LowRankKernel,
): Promise<OpenedTensor> {
  const weight = inputs.newBase.tensors.get(item.source);
  if (weight === undefined) throw new Error(`the plan names ${item.source}, which the new base has not`);
  const other = against?.plan.items.find(({ target, parts }) => target === item.target && parts.length > 0);
  return {
    item,
    delta: await openItem(inputs, item, kernel),
    weight,
    oldWeight: sameShape(inputs.oldBase?.tensors.get(item.source), weight),
    retrained: against && other ? await openItem(against, other, kernel) : undefined,
  };
}

/** Rows that a vocabulary moved cannot be subtracted from one another. */
function sameShape(old: LocatedTensor | undefined, { entry }: LocatedTensor): LocatedTensor | undefined {
  return old !== undefined && String(old.entry.shape) === String(entry.shape) ? old : undefined;
}
