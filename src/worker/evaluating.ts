import type { Probe } from '../diagnostics/probeTypes.ts';
import { probe } from '../evaluation/probe/probe.ts';
import { compareResults, type Comparison } from '../evaluation/results/compare.ts';
import { withBaseline } from '../evaluation/results/baseline.ts';
import { readItem, type ItemAnswer } from '../evaluation/results/importing/readItem.ts';
import { placeOfRole } from '../evaluation/request.ts';
import { readResults } from '../evaluation/results/readResults.ts';
import { assembleMatrix } from '../evaluation/matrix/parts.ts';
import { runMatrix } from '../evaluation/matrix/runMatrix.ts';
import { listTasks } from '../evaluation/run/listTasks.ts';
import { evaluate } from '../evaluation/run/evaluate.ts';
import type { EvaluateResult, TaskListing } from '../evaluation/run/result.ts';
import type { GraphRuntime } from '../kernels/graphRuntime.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { checkProvider } from '../model/selfCheck.ts';
import { VERSION } from '../base/version.ts';
import type { JobContext, JobParameters, Result } from './contract.ts';

/** What runs networks and products: the device that was chosen, and the CPU to check it against. */
export interface Runtimes {
  readonly chosen: GraphRuntime;
  readonly cpu: GraphRuntime;
  readonly kernel: LowRankKernel;
  /** Why it is not the device that was asked for. */
  readonly warning: string | undefined;
}

export async function evaluateJob(
  { request, onlyKnown = false }: JobParameters<'evaluate'>,
  runtimes: Runtimes,
  { sink, onLive, signal }: JobContext,
): Promise<EvaluateResult> {
  const { runtime, warnings } = await trusted(runtimes);
  const { kernel } = runtimes;
  const result = await evaluate(request, { runtime, kernel, toolVersion: VERSION, onlyKnown, sink, onLive, signal });
  return { ...result, warnings: [...warnings, ...result.warnings] };
}

export async function matrixJob(
  out: string,
  runtimes: Runtimes,
  { sink, signal }: JobContext,
): Promise<Result<'matrix'>> {
  const { runtime } = await trusted(runtimes);
  await runMatrix(out, { runtime, kernel: runtimes.kernel, toolVersion: VERSION, sink, signal });
  return assembleMatrix(out, signal);
}

export async function probeJob(
  { request }: JobParameters<'probe'>,
  runtimes: Runtimes,
  context: JobContext,
): Promise<Probe> {
  const { runtime, warnings } = await trusted(runtimes);
  const result = await probe(request, { runtime, kernel: runtimes.kernel, ...context });
  return { ...result, warnings: [...warnings, ...result.warnings] };
}

/** A device that computes a small network otherwise than the CPU does is not used. */
export async function trusted({
  chosen,
  cpu,
  warning,
}: Runtimes): Promise<{ runtime: GraphRuntime; warnings: string[] }> {
  const check = chosen.device === 'cpu' ? undefined : await checkProvider(chosen, cpu);
  if (check === undefined || check.ok) return { runtime: chosen, warnings: warning ? [warning] : [] };
  const otherwise = `The device "${chosen.device}" computes a network otherwise than the CPU (${check.detail}); the CPU was used.`;
  return { runtime: cpu, warnings: [otherwise] };
}

export async function compareJob(
  { results, reference, page }: JobParameters<'compare'>,
  { signal }: JobContext,
): Promise<Comparison> {
  const read = (await Promise.all(results.map((path) => readResults(path)))).flat();
  if (page === undefined) return compareResults(read, { reference, signal });
  const own = read.toSorted((a, b) => placeOfRole(a.role) - placeOfRole(b.role));
  const { columns, warning } =
    page.baseline === undefined ? { columns: own, warning: null } : await withBaseline(own, page.baseline, signal);
  const isThere = (label: string | undefined): boolean => columns.some((column) => column.label === label);
  const wanted = [reference, page.baseline?.label].find(isThere);
  const gone = reference === undefined || isThere(reference) ? [] : [`There is no column ${reference} any more.`];
  const comparison = await compareResults(columns, { reference: wanted, signal });
  return { ...comparison, warnings: [...gone, ...(warning === null ? [] : [warning]), ...comparison.warnings] };
}

export function itemsJob({ places }: JobParameters<'items'>, { signal }: JobContext): Promise<ItemAnswer[]> {
  return Promise.all(places.map((place) => readItem(place, signal)));
}

export function tasksJob({ names, data }: JobParameters<'tasks'>, { signal }: JobContext): Promise<TaskListing[]> {
  return listTasks(names, data, signal);
}
