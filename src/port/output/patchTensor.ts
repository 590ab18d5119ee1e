import type { FileHandle } from 'node:fs/promises';
import { yieldToEvents } from '../../base/abort.ts';
import type { Lane } from '../../kernels/lanes/lane.ts';
import type { LaneResult, TargetPlace } from '../../kernels/lanes/messages.ts';
import type { Delta } from '../../patch/delta.ts';
import { LowRankDelta } from '../../patch/methods/lowRank.ts';
import { bytesPerElement, isFloatDtype, type FloatDtype } from '../../safetensors/dtypes.ts';
import { noSums, TileBuffers, type TileSums } from '../addDelta.ts';
import { laneRows, tileRows } from '../tiles.ts';
import type { OutputTensor } from './outputTensor.ts';
import { patchedTiles } from './patchedTiles.ts';
import { writeChecked } from './readBack.ts';
import { TileSlots } from './tileSlots.ts';

/** Some of a patched tensor's bytes, which stand there until `take` is done with them. */
export interface FinishedTile {
  readonly bytes: Uint8Array;
  /** Where they begin among the tensor's. */
  readonly at: number;
  /** Of the source. */
  readonly sourceBytes: number;
}

export interface PatchedTensor {
  readonly sourceXxh64: string;
  readonly sha256: string;
  readonly sums: TileSums;
}

/** Where a tensor's bytes go. */
export interface TensorTarget {
  readonly file: FileHandle;
  readonly position: number;
}

/**
 * Makes a patched tensor: W + Δ in its own dtype. A product of low rank is made and added in the lane's thread; what a device
 * makes of it is added there; everything else is computed here, and hashed there.
 *
 * @param onBytes called with bytes of the source that are done
 * @throws CancelledError
 */
export async function writePatched(
  lane: Lane,
  tensor: OutputTensor,
  delta: Delta,
  target: TensorTarget,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<PatchedTensor> {
  const { file, position } = target;
  if (isForLane(tensor, delta)) return patchOnLane(lane, tensor, delta, { file: file.fd, position }, onBytes, signal);
  const take = async ({ bytes, at, sourceBytes }: FinishedTile): Promise<void> => {
    await writeChecked(file, bytes, position + at);
    onBytes(sourceBytes);
  };
  return patchTiles(lane, tensor, delta, take, signal);
}

export function isForLane(tensor: OutputTensor, delta: Delta): delta is LowRankDelta {
  return delta instanceof LowRankDelta && delta.isForLane && keepsDtype(tensor);
}

/** Also that it is weights, and no scales of such. */
function keepsDtype({ source, dtype, weight }: OutputTensor): boolean {
  return isFloatDtype(source.entry.dtype) && source.entry.dtype === dtype && weight === undefined;
}

/** @param to where it is written; nowhere for its hashes alone */
export async function patchOnLane(
  lane: Lane,
  { source: { entry, shard }, dtype: name }: OutputTensor,
  { rows, columns, factors }: LowRankDelta,
  to: TargetPlace | undefined,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<PatchedTensor> {
  const dtype = name as FloatDtype;
  const bytes = entry.end - entry.begin;
  const tileBytes = laneRows({ rows, columns }) * columns * bytesPerElement(dtype);
  const patch = { ...factors, dtype };
  const job = { from: { path: shard.file.path, position: entry.begin }, to, bytes, tileBytes, patch };
  const result = await lane.tensor(job, onBytes, signal);
  return patchedTensor(result, { elements: rows * columns, ...result.sums });
}

function patchedTensor({ sourceXxh64, sha256 }: LaneResult, sums: TileSums): PatchedTensor {
  return { sourceXxh64, sha256, sums };
}

/** What goes through the steps. */
interface Run {
  readonly lane: Lane;
  readonly slots: TileSlots;
  readonly take: (tile: FinishedTile) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Likewise, but each tile is handed over.
 *
 * @param take what is done with it; several go on at a time
 */
export async function patchTiles(
  lane: Lane,
  tensor: OutputTensor,
  delta: Delta,
  take: (tile: FinishedTile) => Promise<void>,
  signal: AbortSignal,
): Promise<PatchedTensor> {
  const run = { lane, slots: new TileSlots(), take, signal };
  try {
    let sums: TileSums | undefined;
    if (delta instanceof LowRankDelta && keepsDtype(tensor)) await addProducts(run, tensor, delta);
    else sums = await patchHere(run, tensor, delta);
    await run.slots.finish();
    const result = await lane.finish();
    return patchedTensor(result, sums ?? { elements: delta.rows * delta.columns, ...result.sums });
  } finally {
    await run.slots.settle();
  }
}

/** The device makes Δ, the lane adds it. */
async function addProducts(run: Run, { source, dtype: name }: OutputTensor, delta: LowRankDelta): Promise<void> {
  const { entry, shard } = source;
  const dtype = name as FloatDtype;
  const { rows, columns } = delta;
  const rowBytes = columns * bytesPerElement(dtype);
  const step = tileRows(delta);
  run.lane.makeRoom({ source: step * rowBytes, target: step * rowBytes, delta: 4 * step * columns });
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const [at, length] = [row * rowBytes, count * rowBytes];
    const slot = await nextSlot(run);
    await shard.file.read(run.lane.source(slot, length), entry.begin + at);
    const done = run.lane.add(slot, dtype, await delta.tile(row, count));
    handOver(run, slot, done, { at, source: length, target: length });
  }
}

async function patchHere(run: Run, tensor: OutputTensor, delta: Delta): Promise<TileSums> {
  const sums = noSums();
  let at = 0;
  for await (const { source, bytes } of patchedTiles(tensor, delta, new TileBuffers(), sums)) {
    // The first tile is the largest.
    if (at === 0) run.lane.makeRoom({ source: source.length, target: bytes.length });
    const slot = await nextSlot(run);
    run.lane.source(slot, source.length).set(source);
    run.lane.target(slot, bytes.length).set(bytes);
    const size = { source: source.length, target: bytes.length };
    handOver(run, slot, run.lane.hash(slot, size), { at, ...size });
    at += bytes.length;
  }
  return sums;
}

async function nextSlot({ slots, signal }: Run): Promise<number> {
  const slot = await slots.next();
  await yieldToEvents(signal);
  return slot;
}

function handOver(
  { lane, slots, take }: Run,
  slot: number,
  computed: Promise<void>,
  { at, source, target }: { readonly at: number; readonly source: number; readonly target: number },
): void {
  const taken = computed.then(() => take({ bytes: lane.target(slot, target), at, sourceBytes: source }));
  slots.occupy(slot, taken);
}
