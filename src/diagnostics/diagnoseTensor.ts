import type { LocatedTensor } from '../checkpoint/checkpoint.ts';
import type { MatrixSpace } from '../kernels/linalg/heldRows.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import type { Delta } from '../patch/delta.ts';
import { LowRankDelta } from '../patch/methods/lowRank.ts';
import type { PlanItem } from '../port/plan/planTypes.ts';
import { principalAngles, type ChanceAngles } from './figures/angles.ts';
import { derive, type Known } from './figures/derive.ts';
import { factorSvd, overlap, type DeltaSvd } from './figures/factorSvd.ts';
import { histogramOf } from './figures/histogram.ts';
import { keptNorm } from './figures/kept.ts';
import { leadingDirections, streamOf, streamOfDelta, streamOfEvolution } from './figures/leading.ts';
import { sumTensors, type TensorSums } from './figures/tensorSums.ts';
import { groupOf } from './group.ts';
import type { Alignment, Kept, Spectrum, TensorDiagnosis } from './types.ts';

/** Everything about one patched tensor. */
export interface OpenedTensor {
  readonly item: PlanItem;
  readonly delta: Delta;
  readonly weight: LocatedTensor;
  /** Of the same name and shape in the old base. */
  readonly oldWeight: LocatedTensor | undefined;
  /** What the retrained patch does to it. */
  readonly retrained: Delta | undefined;
}

export interface DiagnoseTools {
  readonly kernel: LowRankKernel;
  /** Leading directions that subspaces are spanned by; 0: none. */
  readonly directions: number;
  readonly chance: ChanceAngles;
  /** One after the other: each holds its matrix, and takes all processors. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** Where that one is. */
  readonly space: MatrixSpace;
  readonly onTile: (elements: number) => void;
  readonly signal: AbortSignal;
}

export interface Diagnosed {
  readonly tensor: TensorDiagnosis;
  readonly sums: TensorSums;
  readonly known: Known;
}

/** @throws InputError if the patch holds NaN; CancelledError */
export async function diagnoseTensor(opened: OpenedTensor, tools: DiagnoseTools): Promise<Diagnosed> {
  const { item, delta, oldWeight, retrained } = opened;
  const sums = await sumTensors(opened, tools.onTile, tools.signal);
  const known = { evolution: oldWeight !== undefined, retrained: retrained !== undefined };
  const { norms, lineage, cosine, rounding, retrained: ofRetrained } = derive(sums, known);
  const own = await svdOf(delta, tools);
  const subspaces =
    tools.directions > 0 && sums.delta > 0 ? await compareSubspaces(opened, own, norms.delta, tools) : NONE;
  return {
    sums,
    known,
    tensor: {
      target: item.target,
      module: item.module,
      layer: item.layer,
      type: item.type,
      group: groupOf(item.module),
      shape: item.shape,
      dtype: item.dtype,
      method: item.method,
      norms,
      spectrum: spectrumOf(own, delta, norms.delta),
      lineage,
      alignment: cosine === null ? null : { cosine, columns: subspaces.columns, rows: subspaces.rows },
      kept: subspaces.kept,
      rounding,
      retrained: ofRetrained,
      angles:
        retrained === undefined
          ? null
          : principalAngles(significant(own), significant(await svdOf(retrained, tools)), tools.chance),
      histogram: histogramOf(sums),
    },
  };
}

/** From the factors where Δ has them, else its leading directions. */
function svdOf(delta: Delta, { kernel, directions, alone, space, signal }: DiagnoseTools): Promise<DeltaSvd> {
  if (delta instanceof LowRankDelta) return Promise.resolve(factorSvd(delta.factors));
  return alone(() => leadingDirections(streamOfDelta(delta), Math.max(1, directions), kernel, space, signal));
}

function spectrumOf({ values }: DeltaSvd, delta: Delta, norm: number): Spectrum {
  const [largest = 0] = values;
  return {
    values: [...values],
    complete: delta instanceof LowRankDelta || values.length >= Math.min(delta.rows, delta.columns),
    stableRank: largest === 0 ? 0 : (norm / largest) ** 2,
  };
}

interface Subspaces {
  readonly columns: Alignment['columns'];
  readonly rows: Alignment['rows'];
  readonly kept: Kept | null;
}

const NONE: Subspaces = { columns: null, rows: null, kept: null };
/** A direction that is so much smaller than the largest is rounding. */
const NEGLIGIBLE = 1e-6;

async function compareSubspaces(
  { delta, weight, oldWeight }: OpenedTensor,
  own: DeltaSvd,
  norm: number,
  { kernel, directions, alone, space, signal }: DiagnoseTools,
): Promise<Subspaces> {
  const leading = (stream: ReturnType<typeof streamOf>): Promise<DeltaSvd> =>
    alone(() => leadingDirections(stream, directions, kernel, space, signal));
  const evolution = oldWeight && (await leading(streamOfEvolution(weight, oldWeight, delta)));
  const patch = significant(own);
  const ofNew = await leading(streamOf(weight, delta));
  const ofOld = oldWeight && (await leading(streamOf(oldWeight, delta)));
  const count = ofNew.values.length;
  return {
    // An evolution of zero has no directions.
    ...(evolution === undefined || evolution.values.length === 0
      ? { columns: null, rows: null }
      : {
          columns: share(patch.columns, evolution.columns),
          rows: share(patch.rows, evolution.rows),
        }),
    kept: {
      newBase: (await keptNorm(delta, own, ofNew, signal)) / norm,
      oldBase: ofOld === undefined ? null : (await keptNorm(delta, own, ofOld, signal)) / norm,
      chance: count / Math.sqrt(delta.rows * delta.columns),
    },
  };
}

function significant({ columns, values, rows }: DeltaSvd): DeltaSvd {
  const [largest = 0] = values;
  const count = values.filter((value) => value > NEGLIGIBLE * largest).length;
  return { columns: { ...columns, count }, values: values.slice(0, count), rows: { ...rows, count } };
}

/** ‖QᵀU‖_F² / r, beside the share of the space that U's directions are. */
function share(patch: DeltaSvd['columns'], directions: DeltaSvd['columns']): Alignment['columns'] {
  return { value: overlap(patch, directions) / patch.count, chance: directions.count / directions.length };
}
