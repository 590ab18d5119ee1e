import type { LocatedTensor } from '../../checkpoint/checkpoint.ts';
import type { Dtype } from '../../safetensors/dtypes.ts';
import { canonicalLayout } from '../../safetensors/writer.ts';
import type { Shard } from '../../checkpoint/checkpoint.ts';
import type { PlanItem } from '../plan/planTypes.ts';

/** One tensor of an output shard: a source's bytes, with a delta where the plan has an item for it. */
export interface OutputTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly source: LocatedTensor;
  readonly item: PlanItem | undefined;
}

/** A shard to be written: its header, and its tensors in the order of their bytes. */
export interface OutputShard {
  readonly name: string;
  readonly headerBytes: Uint8Array;
  readonly tensors: readonly OutputTensor[];
}

/** The source's own layout, byte for byte; the canonical one where tensors are added or the source is a pickle. */
export function planShard(shard: Shard, items: readonly PlanItem[]): OutputShard {
  const byTarget = new Map(items.map((item) => [item.target, item]));
  const own = [...shard.file.header.tensors.values()].map((entry): OutputTensor => ({
    name: entry.name,
    dtype: entry.dtype,
    shape: entry.shape,
    source: { entry, shard },
    item: byTarget.get(entry.name),
  }));
  const added = items
    .filter(({ target, source, shard: place }) => place === shard.name && target !== source)
    .map((item): OutputTensor => {
      const entry = shard.file.entry(item.source);
      return { name: item.target, dtype: entry.dtype, shape: entry.shape, source: { entry, shard }, item };
    });
  if (added.length === 0 && shard.file.format === 'safetensors')
    return { name: shard.name, headerBytes: shard.file.headerBytes, tensors: own };
  const all = new Map([...own, ...added].map((tensor) => [tensor.name, tensor]));
  const metadata = { format: 'pt', ...Object.fromEntries(shard.file.header.metadata) };
  const layout = canonicalLayout([...all.values()], metadata);
  const tensors = layout.placements.flatMap(({ name }) => all.get(name) ?? []);
  return { name: outputName(shard.name), headerBytes: layout.headerBytes, tensors };
}

/** Pickles are written as safetensors: pytorch_model-00001-of-00002.bin becomes model-00001-of-00002.safetensors. */
export function outputName(name: string): string {
  return name.replace(/^pytorch_model(.*)\.bin$/, 'model$1.safetensors');
}
