import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';
import type { FiguresJob, TypedPlace } from '../../kernels/lanes/lane.ts';
import { useLane } from '../../kernels/lanes/lanes.ts';
import { LowRankDelta } from '../../patch/methods/lowRank.ts';
import { laneRows } from '../../port/tiles.ts';
import { isFloatDtype } from '../../safetensors/dtypes.ts';
import type { SummedTensors, TensorSums } from './tensorSums.ts';

/** What a lane can sum up by itself; undefined for what it cannot. */
export function laneJob({ delta, weight, oldWeight, retrained }: SummedTensors): FiguresJob | undefined {
  if (!(delta instanceof LowRankDelta) || !delta.isForLane || retrained !== undefined) return undefined;
  const [now, then] = [placeOf(weight), oldWeight && placeOf(oldWeight)];
  if (now === undefined || (oldWeight !== undefined && then === undefined)) return undefined;
  return { now, then, factors: delta.factors, tileRows: laneRows(delta) };
}

function placeOf({ entry, shard, scale }: LocatedTensor): TypedPlace | undefined {
  const { dtype, begin } = entry;
  if (scale !== undefined || !isFloatDtype(dtype) || shard.file.isInMemory) return undefined;
  return { path: shard.file.path, position: begin, dtype };
}

/** @throws InputError if a base cannot be read; CancelledError */
export async function sumInLane(
  job: FiguresJob,
  onTile: (elements: number) => void,
  signal: AbortSignal,
): Promise<TensorSums> {
  const { rows, columns } = job.factors.shape;
  const { lost, bins, absorbed, ...sums } = await useLane((lane) => lane.figures(job, onTile, signal), signal);
  const rounding = {
    BF16: { lost: lost.BF16, absorbedBins: absorbed.BF16 },
    F16: { lost: lost.F16, absorbedBins: absorbed.F16 },
    F32: { lost: lost.F32, absorbedBins: absorbed.F32 },
  };
  return { elements: rows * columns, ...sums, retrained: 0, deltaRetrained: 0, bins, rounding };
}
