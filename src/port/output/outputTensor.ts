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

/** The source's own layout, byte for byte, unless tensors are added: then the canonical one of all of them. */
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
  if (added.length === 0) return { name: shard.name, headerBytes: shard.file.headerBytes, tensors: own };
  const all = new Map([...own, ...added].map((tensor) => [tensor.name, tensor]));
  const layout = canonicalLayout([...all.values()], Object.fromEntries(shard.file.header.metadata));
  const tensors = layout.placements.flatMap(({ name }) => all.get(name) ?? []);
  return { name: shard.name, headerBytes: layout.headerBytes, tensors };
}
