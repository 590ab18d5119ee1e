import { InputError } from '../../base/errors.ts';
import { probeFindings } from '../../diagnostics/probeFindings.ts';
import { BLENDS, SCALES, type Probe, type TaskProbe } from '../../diagnostics/probeTypes.ts';
import { NoLineError } from '../../model/blended/noLine.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { AllItems } from '../run/allItems.ts';
import { prepareTask, type PreparedTask } from '../run/prepareTask.ts';
import { checkItems } from '../tasks/checkItems.ts';
import { planBlends, type PlannedBlends } from './alongBases.ts';
import { planScales, type PlannedScales } from './alongScales.ts';
import { blendLine, scaleLine, type Measured } from './lines.ts';
import type { ProbeTask, ProbeTools } from './measure.ts';
import type { ProbeRequest } from './request.ts';

/**
 * The loss of each task along W_new + λ·Δ, and, where the old base is named, along W_old + t·(W_new − W_old) + Δ. Only
 * forward passes. The port is a point of both lines and is computed once.
 *
 * @throws InputError if a task, its data, a base or the patch cannot be used; CancelledError
 */
export async function probe(request: ProbeRequest, tools: ProbeTools): Promise<Probe> {
  const prepared = await prepareTasks(request, tools.signal);
  const reasons: string[] = [];
  await using planned = await orWithout(reasons, () => planBlends(request, tools));
  const scales = await planScales(request, prepared, tools);
  const tasks = prepared.map((one) => probeTask(one, scales.tokenizer));
  const warnings = tasks.flatMap(({ task, items }) => checkItems(task, items));
  const blends = await orWithout(reasons, () => {
    planned?.assertFits(tasks, scales.tokenizer);
    return planned;
  });
  const points = SCALES.length + (blends === undefined ? 0 : BLENDS.length - 1);
  const all = new AllItems(points * tasks.reduce((sum, { items }) => sum + items.length, 0), tools.sink);
  const probed = await measureLines(tasks, scales, blends, { ...tools, sink: all.sink });
  return {
    ...{ patch: request.patch, scale: request.scale, onto: request.onto, from: request.from ?? null },
    tasks: probed,
    findings: probeFindings(probed),
    notes: [`${tools.runtime.device}, float32 arithmetic, weights ${scales.memory()}, BOS ${request.bos}`],
    warnings: [...new Set([...reasons, ...scales.warnings, ...(blends?.warnings ?? []), ...warnings])],
  };
}

/** Undefined, with the reason, where there is no line between the bases: the scales can be probed without it. */
async function orWithout<T>(reasons: string[], attempt: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof NoLineError)) throw error;
    reasons.push(`${error.message} Only the scales of the patch on the new base were probed.`);
    return undefined;
  }
}

async function measureLines(
  tasks: readonly ProbeTask[],
  scales: PlannedScales,
  blends: PlannedBlends | undefined,
  tools: ProbeTools,
): Promise<TaskProbe[]> {
  const onScales = await scales.measure(tasks, tools);
  const between = await blends?.measure(tasks, scales.tokenizer, tools);
  return tasks.map(({ task, items, documents }, i) => {
    const alongScales = pointsOf(onScales, i);
    const port = alongScales.filter(({ parameter }) => parameter === 1);
    return {
      ...{ task: task.name, outputType: task.outputType, items: items.length, documents },
      blend: between === undefined ? null : blendLine([...pointsOf(between, i), ...port]),
      scales: scaleLine(alongScales),
    };
  });
}

/** Of one task. */
function pointsOf(points: readonly (readonly Measured[])[], task: number): Measured[] {
  return points.flatMap((tasks) => tasks[task] ?? []);
}

async function prepareTasks(request: ProbeRequest, signal: AbortSignal): Promise<PreparedTask[]> {
  if (request.tasks.length === 0)
    throw new InputError('No task was named to probe.', 'Name one with --task; `portllm tasks` lists them.');
  const prepared: PreparedTask[] = [];
  for (const name of request.tasks) {
    const one = await prepareTask(name, { ...request, maxNewTokens: undefined }, signal);
    if (one.task.outputType === 'generate_until')
      throw new InputError(
        `${one.task.name}: its answers are generated, and a probe needs answers whose likelihood can be asked for.`,
        'Take a task of choices, of continuations, or of whole texts.',
      );
    prepared.push(one);
  }
  return prepared;
}

function probeTask(prepared: PreparedTask, { eos }: Tokenizer): ProbeTask {
  const { task, documents } = prepared;
  return { task, documents: documents.length, items: prepared.items(eos?.text) };
}
