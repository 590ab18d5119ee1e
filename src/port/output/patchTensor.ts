import { yieldToEvents } from '../../base/abort.ts';
import type { Lane } from '../../kernels/lanes/lane.ts';
import type { Delta } from '../../patch/delta.ts';
import { LowRankDelta } from '../../patch/methods/lowRank.ts';
import { bytesPerElement, isFloatDtype, type FloatDtype } from '../../safetensors/dtypes.ts';
import { noSums, TileBuffers, type TileSums } from '../addDelta.ts';
import { tileRows } from '../tiles.ts';
import type { OutputTensor } from './outputTensor.ts';
import { patchedTiles } from './patchedTiles.ts';
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
  readonly xxh64: string;
  readonly sha256: string;
  readonly sums: TileSums;
}

/** What goes through the steps. */
interface Run {
  readonly lane: Lane;
  readonly slots: TileSlots;
  readonly take: (tile: FinishedTile) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Makes a patched tensor, tile by tile: W + Δ in its own dtype. A product of low rank is made and added in the lane's thread;
 * what a device makes of it is added there; everything else is computed here, and hashed there.
 *
 * @param take what is done with each tile; several go on at a time
 * @throws CancelledError
 */
export async function patchTensor(
  lane: Lane,
  tensor: OutputTensor,
  delta: Delta,
  take: (tile: FinishedTile) => Promise<void>,
  signal: AbortSignal,
): Promise<PatchedTensor> {
  const run = { lane, slots: new TileSlots(), take, signal };
  try {
    const sums =
      delta instanceof LowRankDelta && keepsDtype(tensor)
        ? void (await patchLowRank(run, tensor, delta))
        : await patchHere(run, tensor, delta);
    await run.slots.finish();
    const { sourceXxh64, targetXxh64, targetSha256, sums: laneSums } = await lane.finish();
    const elements = delta.rows * delta.columns;
    return { sourceXxh64, xxh64: targetXxh64, sha256: targetSha256, sums: sums ?? { elements, ...laneSums } };
  } finally {
    await run.slots.settle();
  }
}

/** Also that it is weights, and no scales of such. */
function keepsDtype({ source, dtype, weight }: OutputTensor): boolean {
  return isFloatDtype(source.entry.dtype) && source.entry.dtype === dtype && weight === undefined;
}

async function patchLowRank(run: Run, tensor: OutputTensor, delta: LowRankDelta): Promise<void> {
  const { entry, shard } = tensor.source;
  const { rows, columns, factors } = delta;
  const dtype = tensor.dtype as FloatDtype;
  const rowBytes = columns * bytesPerElement(dtype);
  const step = Math.min(tileRows(delta), tileRows({ rows, columns: factors.shape.rank }));
  const bytes = step * rowBytes;
  const [left, right, product] = delta.isForLane
    ? [4 * step * factors.shape.rank, 4 * factors.right.length, 0]
    : [0, 0, 4 * step * columns];
  run.lane.makeRoom({ source: bytes, target: bytes, left, right, delta: product });
  if (delta.isForLane) run.lane.setRight(factors.right);
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const [at, length] = [row * rowBytes, count * rowBytes];
    const slot = await nextSlot(run);
    await shard.file.read(run.lane.source(slot, length), entry.begin + at);
    const done = delta.isForLane
      ? run.lane.patch(slot, dtype, delta.rowsOfLeft(row, count), { ...factors.shape, rows: count }, factors.scale)
      : run.lane.add(slot, dtype, await delta.tile(row, count));
    handOver(run, slot, done, { at, source: length, target: length });
  }
}

async function patchHere(run: Run, tensor: OutputTensor, delta: Delta): Promise<TileSums> {
  const sums = noSums();
  let at = 0;
  for await (const { source, bytes } of patchedTiles(tensor, delta, new TileBuffers(), sums)) {
    // The first tile is the largest.
    if (at === 0) run.lane.makeRoom({ source: source.length, target: bytes.length, left: 0, right: 0, delta: 0 });
    const slot = await nextSlot(run);
    run.lane.source(slot, source.length).set(source);
    run.lane.target(slot, bytes.length).set(bytes);
    const size = { source: source.length, target: bytes.length };
    handOver(run, slot, run.lane.hash(slot, { ...size, sha256: true }), { at, ...size });
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
