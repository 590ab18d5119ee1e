import type { Checkpoint, LocatedTensor, Shard } from '../../checkpoint/checkpoint.ts';
import { SCALE_SUFFIX } from '../../checkpoint/float8.ts';
import { DTYPE_BITS, isDtype, type Dtype } from '../../safetensors/dtypes.ts';
import { elements } from '../../safetensors/shape.ts';
import { canonicalLayout } from '../../safetensors/writer.ts';
import type { Float8Choice, PlanItem } from '../plan/planTypes.ts';

/** One tensor of an output shard: a source's bytes, with a delta where the plan has an item for it. */
export interface OutputTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly source: LocatedTensor;
  readonly item: PlanItem | undefined;
  /** Of the scales of an FP8 weight: that weight. */
  readonly weight?: LocatedTensor | undefined;
}

/** A shard to be written: its header, and its tensors in the order of their bytes. */
export interface OutputShard {
  readonly name: string;
  readonly headerBytes: Uint8Array;
  readonly tensors: readonly OutputTensor[];
}

/**
 * The source's own layout, byte for byte; the canonical one where tensors are added, leave or change their dtype, or the
 * source is a pickle.
 */
export function planShard(
  shard: Shard,
  base: Checkpoint,
  items: readonly PlanItem[],
  float8: Float8Choice,
): OutputShard {
  const byTarget = new Map(items.map((item) => [item.target, item]));
  const entries = [...shard.file.header.tensors.values()];
  const kept = float8 === 'bf16' ? entries.filter(({ name }) => !isScale(name, base)) : entries;
  const own = kept.map(({ name }) => outputTensor(name, base, byTarget.get(name)));
  const added = items
    .filter(({ target, source, shard: place }) => place === shard.name && target !== source)
    .map((item) => ({ ...outputTensor(item.source, base, item), name: item.target }));
  const asItWas =
    own.every(({ name, dtype }) => shard.file.entry(name).dtype === dtype) && kept.length === entries.length;
  if (added.length === 0 && asItWas && shard.file.format === 'safetensors')
    return { name: shard.name, headerBytes: shard.file.headerBytes, tensors: own };
  const all = new Map([...own, ...added].map((tensor) => [tensor.name, tensor]));
  const metadata = { format: 'pt', ...Object.fromEntries(shard.file.header.metadata) };
  const layout = canonicalLayout([...all.values()], metadata);
  const tensors = layout.placements.flatMap(({ name }) => all.get(name) ?? []);
  return { name: outputName(shard.name), headerBytes: layout.headerBytes, tensors };
}

/** What an item makes of a tensor of the base; without one the tensor as it is. */
export function outputTensor(name: string, base: Checkpoint, item: PlanItem | undefined): OutputTensor {
  const source = base.tensors.get(name);
  if (source === undefined) throw new Error(`${name} was planned and is not there`);
  const weight = item?.scaleOf === undefined ? undefined : base.tensors.get(item.scaleOf);
  const dtype = item !== undefined && isDtype(item.dtype) ? item.dtype : source.entry.dtype;
  return { name, dtype, shape: source.entry.shape, source, item, weight };
}

/** Of its data. */
export function bytesOf({ dtype, shape }: OutputTensor): number {
  return (elements(shape) * DTYPE_BITS[dtype]) / 8;
}

function isScale(name: string, base: Checkpoint): boolean {
  return name.endsWith(SCALE_SUFFIX) && base.tensors.get(name.slice(0, -SCALE_SUFFIX.length))?.scale !== undefined;
}

/** Pickles are written as safetensors: pytorch_model-00001-of-00002.bin becomes model-00001-of-00002.safetensors. */
function outputName(name: string): string {
  return name.replace(/^pytorch_model(.*)\.bin$/, 'model$1.safetensors');
}
