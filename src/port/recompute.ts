import { yieldToEvents } from '../base/abort.ts';
import { InputError } from '../base/errors.ts';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import { Checkpoint, sumBytes, type LocatedTensor } from '../checkpoint/checkpoint.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { identifyPatch } from '../patch/patch.ts';
import { bytesPerElement, type FloatDtype } from '../safetensors/dtypes.ts';
import { noSums, TileBuffers } from './addDelta.ts';
import { readFactors, type Factors } from './factors.ts';
import { hashTensor } from './hashTensor.ts';
import { openInputs, type PortInputs } from './inputs.ts';
import type { Provenance } from './provenance.ts';
import { tileDelta, tileRows } from './tiles.ts';
import { addUlpDifferences, type UlpDifference } from './ulp.ts';

/** How the touched tensors compare with a second computation. Devices sum in different orders. */
export interface Recomputed {
  readonly tensors: number;
  readonly elements: number;
  readonly different: number;
  readonly worstUlp: number;
}

/**
 * At most this share of 16-bit elements may differ, each by one unit in the last place: devices sum in different
 * orders, which decides near-ties. Software WebGPU against the CPU gave 2 in 92,160 (test/unit/kernels/webgpu.test.ts).
 */
const TOLERATED_SHARE = { sameDevice: 1e-5, otherDevice: 1e-3 };
/** Float32 shows the order of summation in its last places. */
const TOLERATED_F32_ULP = 8;

/** @throws InputError if the recorded inputs are gone or cannot be read any more */
export async function recompute(
  folder: string,
  provenance: Provenance,
  kernel: LowRankKernel,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<{ result: Recomputed; problems: string[] }> {
  await using inputs = await reopen(provenance);
  const problems = await changedInputs(inputs, provenance);
  const result = { tensors: 0, elements: 0, different: 0, worstUlp: 0 };
  if (provenance.output === 'adapter') return { result, problems };
  await using output = await Checkpoint.open(folder);
  problems.push(...(await compareUntouched(inputs.newBase, provenance, sink, signal)));
  const bytes = sumBytes(provenance.tensors.flatMap(({ target }) => output.tensors.get(target) ?? []));
  const meter = new ProgressMeter('Recomputing', { bytes, tensors: provenance.tensors.length }, sink);
  for (const item of inputs.plan.items) {
    const [source, written] = [inputs.newBase.tensors.get(item.target), output.tensors.get(item.target)];
    if (source === undefined || written === undefined) continue;
    meter.begin(item.target);
    const factors = await readFactors(inputs.patch.file, item, provenance.scale);
    const totals = await compareTensor(source, written, factors, kernel, meter, signal);
    meter.addTensor();
    const elements = factors.shape.rows * factors.shape.columns;
    if (!tolerated(totals, elements, source.entry.dtype, kernel.device === provenance.device))
      problems.push(`${item.target}: ${totals.different} of ${elements} elements differ from a second computation.`);
    result.tensors++;
    result.elements += elements;
    result.different += totals.different;
    result.worstUlp = Math.max(result.worstUlp, totals.worst);
  }
  return { result, problems };
}

function tolerated({ different, worst }: UlpDifference, elements: number, dtype: string, sameDevice: boolean): boolean {
  if (dtype === 'F32') return worst <= TOLERATED_F32_ULP;
  const share = sameDevice ? TOLERATED_SHARE.sameDevice : TOLERATED_SHARE.otherDevice;
  return worst <= 1 && different <= Math.max(1, elements * share);
}

async function reopen({ patch, newBase, oldBase, output, scale }: Provenance): Promise<PortInputs> {
  const from = oldBase?.path;
  try {
    return await openInputs({ patch: patch.path, onto: newBase.path, from, out: '', as: output, scale });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `The recorded inputs cannot be read, so nothing can be computed again. ${error.message}`,
      undefined,
      {
        cause: error,
      },
    );
  }
}

async function changedInputs(inputs: PortInputs, provenance: Provenance): Promise<string[]> {
  const problems: string[] = [];
  const patch = await identifyPatch(inputs.patch);
  if (patch.sha256 !== provenance.patch.sha256 || patch.configSha256 !== provenance.patch.configSha256)
    problems.push(`The patch at ${patch.path} is not the one that was ported.`);
  const recorded = new Map(provenance.newBase.files.map((file) => [file.name, file.headerSha256]));
  for (const { name, headerSha256 } of inputs.newBase.identity.files)
    if (recorded.get(name) !== headerSha256)
      problems.push(`${name} of the new base is not the one that was ported onto.`);
  return problems;
}

async function compareUntouched(
  base: Checkpoint,
  { untouched }: Provenance,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<string[]> {
  const names = Object.keys(untouched);
  const bytes = sumBytes(names.flatMap((name) => base.tensors.get(name) ?? []));
  const meter = new ProgressMeter('Reading the base', { bytes, tensors: names.length }, sink);
  const problems: string[] = [];
  for (const [name, sha256] of Object.entries(untouched)) {
    const located = base.tensors.get(name);
    if (located === undefined || (await hashTensor(located, meter, signal)) !== sha256)
      problems.push(`${name} of the new base is not the one that was copied.`);
  }
  return problems;
}

async function compareTensor(
  source: LocatedTensor,
  written: LocatedTensor,
  factors: Factors,
  kernel: LowRankKernel,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<UlpDifference> {
  const dtype = source.entry.dtype as FloatDtype;
  const { rows, columns } = factors.shape;
  const step = tileRows(factors.shape);
  const rowBytes = columns * bytesPerElement(dtype);
  const buffers = new TileBuffers(step * columns);
  const [expected, actual] = [new Uint8Array(step * rowBytes), new Uint8Array(step * rowBytes)];
  const totals: UlpDifference = { different: 0, worst: 0 };
  for (let row = 0; row < rows; row += step) {
    await yieldToEvents(signal);
    const count = Math.min(step, rows - row);
    const [want, have] = [expected.subarray(0, count * rowBytes), actual.subarray(0, count * rowBytes)];
    await source.shard.file.read(want, source.entry.begin + row * rowBytes);
    await written.shard.file.read(have, written.entry.begin + row * rowBytes);
    buffers.add(want, dtype, await tileDelta(kernel, factors, row, count), noSums());
    addUlpDifferences(want, have, dtype, totals);
    meter.addBytes(have.length);
  }
  return totals;
}
