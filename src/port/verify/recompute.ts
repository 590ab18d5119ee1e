import { InputError } from '../../base/errors.ts';
import { ProgressMeter, type ProgressSink } from '../../base/progress.ts';
import { together } from '../../base/together.ts';
import { Checkpoint, sumBytes, type LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { widen } from '../../kernels/convert.ts';
import type { Lane } from '../../kernels/lanes/lane.ts';
import { useLane } from '../../kernels/lanes/lanes.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import { matrixOf, type Delta } from '../../patch/delta.ts';
import { identifyPatch } from '../../patch/patch.ts';
import { bytesPerElement, isFloatDtype } from '../../safetensors/dtypes.ts';
import { hashTensor } from './hashTensor.ts';
import { openInputs, type PortInputs } from '../plan/inputs.ts';
import type { Provenance } from '../provenance.ts';
import { openItem } from '../openItem.ts';
import { weightOf } from '../output/checkpointOutput.ts';
import { outputTensor, type OutputTensor } from '../output/outputTensor.ts';
import { isForLane, patchOnLane, patchTiles, type FinishedTile } from '../output/patchTensor.ts';
import { agree, compareCodes, compareRows, type Difference } from './tolerance.ts';

/** How the touched tensors compare with a second computation. Devices sum in different orders. */
export interface Recomputed {
  readonly tensors: number;
  readonly elements: number;
  readonly different: number;
}

/** What recomputing takes along through its steps. */
interface Run {
  readonly kernel: LowRankKernel;
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

/** @throws InputError if the recorded inputs are gone or cannot be read any more */
export async function recompute(
  folder: string,
  provenance: Provenance,
  kernel: LowRankKernel,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<{ result: Recomputed | null; problems: string[] }> {
  await using inputs = await reopen(provenance);
  const problems = await changedInputs(inputs, provenance);
  if (provenance.output === 'adapter') return { result: null, problems };
  await using output = await Checkpoint.open(folder);
  const run = { kernel, sink, signal };
  problems.push(...(await compareUntouched(inputs.newBase, provenance, run)));
  problems.push(...otherTensors(inputs, output, provenance));
  const touched = await compareTouched(inputs, output, provenance, run);
  return { result: touched.result, problems: [...problems, ...touched.problems] };
}

/** What the recorded inputs would touch must be what is recorded as touched, and all the rest as untouched. */
function otherTensors({ plan }: PortInputs, output: Checkpoint, { tensors, untouched }: Provenance): string[] {
  const planned = new Set(plan.items.map(({ target }) => target));
  const touched = new Set(tensors.map(({ target }) => target));
  const copied = new Set(untouched.map(({ name }) => name));
  return [...output.tensors.keys()]
    .filter((name) => planned.has(name) !== touched.has(name) || planned.has(name) === copied.has(name))
    .map((name) => `${name} is not recorded as what the patch makes of it.`);
}

async function compareTouched(
  inputs: PortInputs,
  output: Checkpoint,
  { tensors }: Provenance,
  { kernel, sink, signal }: Run,
): Promise<{ result: Recomputed; problems: string[] }> {
  const recorded = new Map(tensors.map(({ target, measured }) => [target, measured]));
  const bytes = sumBytes(tensors.flatMap(({ target }) => output.tensors.get(target) ?? []));
  const meter = new ProgressMeter('Recomputing', { bytes, tensors: tensors.length }, sink);
  const { items } = inputs.plan;
  const written = items.flatMap((item) => {
    const located = output.tensors.get(item.target);
    return located ? [{ item, located, measured: recorded.get(item.target) }] : [];
  });
  const compare = async (one: (typeof written)[number], stop: AbortSignal): Promise<Compared> => {
    const tensor = outputTensor(one.item.source, inputs.newBase, one.item);
    const compared = await useLane(async (lane) => {
      const delta = await openItem(inputs, weightOf(one.item, items), kernel);
      return compareTensor(lane, tensor, { ...one, sha256: one.measured?.sha256 }, delta, meter, stop);
    }, stop);
    meter.addTensor();
    return { ...compared, problems: problemsOf(tensor, one.item.target, one.measured?.sourceXxh64, compared) };
  };
  const all = await together(written, compare, signal);
  const sum = (count: (difference: Difference) => number): number =>
    all.reduce((total, { difference }) => total + count(difference), 0);
  return {
    result: {
      tensors: all.length,
      elements: sum(({ elements }) => elements),
      different: sum(({ different }) => different),
    },
    problems: all.flatMap(({ problems }) => problems),
  };
}

/** What computing a tensor again has shown. */
interface Again {
  readonly difference: Difference;
  readonly sourceXxh64: string;
}

interface Compared extends Again {
  readonly problems: readonly string[];
}

function problemsOf(
  { dtype }: OutputTensor,
  target: string,
  recordedXxh64: string | undefined,
  { difference, sourceXxh64 }: Again,
): string[] {
  const { different, elements } = difference;
  return [
    ...(recordedXxh64 === sourceXxh64 ? [] : [`${target} of the new base is not the one that was ported onto.`]),
    ...(agree(difference, dtype)
      ? []
      : [`${target}: ${different} of ${elements} elements differ from a second computation.`]),
  ];
}

/** The old base is opened again only where the formula needs it. */
async function reopen(provenance: Provenance): Promise<PortInputs> {
  const { patch, combined, combination, newBase, oldBase, needsOldBase, output, scale, tied, float8 } = provenance;
  try {
    const plus = combined.slice(1).map(({ path, weight }) => ({ patch: path, weight }));
    const sum = combined.length > 0 ? { weight: combined[0]?.weight, plus, combine: combination ?? undefined } : {};
    const from = needsOldBase ? oldBase?.path : undefined;
    const common = { patch: patch.path, onto: newBase.path, from, out: '', as: output, scale };
    return await openInputs({ ...common, ...sum, tied: tied ?? undefined, float8: float8 ?? undefined });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const message = `The recorded inputs cannot be read, so nothing can be computed again. ${error.message}`;
    throw new InputError(message, undefined, { cause: error });
  }
}

async function changedInputs(inputs: PortInputs, provenance: Provenance): Promise<string[]> {
  const problems: string[] = [];
  const recorded = provenance.combined.length > 0 ? provenance.combined : [provenance.patch];
  const opened = inputs.combined.length > 0 ? inputs.combined.map(({ patch }) => patch) : [inputs.patch];
  for (const [i, patch] of opened.entries()) {
    const now = await identifyPatch(patch);
    const then = recorded[i];
    if (now.sha256 !== then?.sha256 || now.configSha256 !== then.configSha256)
      problems.push(`The patch at ${now.path} is not the one that was ported.`);
  }
  problems.push(...changedHeaders(inputs.newBase, provenance.newBase, 'new base'));
  if (inputs.oldBase && provenance.oldBase)
    problems.push(...changedHeaders(inputs.oldBase, provenance.oldBase, 'old base'));
  return problems;
}

export function changedHeaders({ identity }: Checkpoint, { files }: Provenance['newBase'], which: string): string[] {
  const recorded = new Map(files.map((file) => [file.name, file.headerSha256]));
  return identity.files
    .filter(({ name, headerSha256 }) => recorded.get(name) !== headerSha256)
    .map(({ name }) => `${name} of the ${which} is not the one that was recorded.`);
}

async function compareUntouched(base: Checkpoint, { untouched }: Provenance, run: Run): Promise<string[]> {
  const bytes = sumBytes(untouched.flatMap(({ name }) => base.tensors.get(name) ?? []));
  const meter = new ProgressMeter('Reading the base', { bytes, tensors: untouched.length }, run.sink);
  const compare = async ({ name, sha256 }: Provenance['untouched'][number], stop: AbortSignal): Promise<string[]> => {
    const located = base.tensors.get(name);
    const same = located !== undefined && (await hashTensor(located, meter, stop)) === sha256;
    return same ? [] : [`${name} of the new base is not the one that was copied.`];
  };
  return (await together(untouched, compare, run.signal)).flat();
}

/** As it is in the output, and as that was recorded. */
interface Written {
  readonly located: LocatedTensor;
  readonly sha256: string | undefined;
}

/** By its hash, where the same arithmetic must give the same bytes; element by element if it has not. */
async function compareTensor(
  lane: Lane,
  tensor: OutputTensor,
  { located, sha256 }: Written,
  delta: Delta,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<Again> {
  const difference: Difference = { elements: 0, different: 0, unexplained: 0 };
  if (isForLane(tensor, delta)) {
    const again = await patchOnLane(lane, tensor, delta, undefined, (bytes) => meter.addBytes(bytes), signal);
    const elements = delta.rows * delta.columns;
    if (again.sha256 === sha256) return { difference: { ...difference, elements }, sourceXxh64: again.sourceXxh64 };
  }
  const take = async ({ bytes, at }: FinishedTile): Promise<void> => {
    const actual = new Uint8Array(bytes.length);
    await located.shard.file.read(actual, located.entry.begin + at);
    compareTile(tensor, delta, at, bytes, actual, difference);
    meter.addBytes(bytes.length);
  };
  const { sourceXxh64 } = await patchTiles(lane, tensor, delta, take, signal);
  return { difference, sourceXxh64 };
}

function compareTile(
  { dtype, shape }: OutputTensor,
  delta: Delta,
  at: number,
  expected: Uint8Array,
  actual: Uint8Array,
  difference: Difference,
): void {
  const { columns } = matrixOf(shape);
  if (!isFloatDtype(dtype)) return compareCodes(expected, actual, difference);
  const size = bytesPerElement(dtype);
  const count = expected.length / size;
  if (Buffer.compare(expected, actual) === 0) {
    difference.elements += count;
    return;
  }
  const [want, have] = [new Float32Array(count), new Float32Array(count)];
  widen(expected, dtype, want);
  widen(actual, dtype, have);
  compareRows(delta, at / size / Math.max(1, columns), want, have, dtype, difference);
}
