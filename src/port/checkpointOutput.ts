import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import { INDEX_FILE, resolveInside } from '../checkpoint/shards.ts';
import { sideFiles } from '../checkpoint/sideFiles.ts';
import { sumBytes, type Checkpoint } from '../checkpoint/checkpoint.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { readFactors } from './factors.ts';
import type { PortInputs } from './inputs.ts';
import type { PlanItem } from './planTypes.ts';
import type { PortedTensor } from './provenance.ts';
import { ShardCopy, type PatchedTensor } from './shardCopy.ts';

export interface WrittenTensors {
  readonly tensors: PortedTensor[];
  readonly untouched: Record<string, string>;
}

/** Writes the patched weights in the new base's own sharding and dtypes, and carries its side files along. */
export async function writeCheckpoint(
  inputs: PortInputs,
  folder: string,
  kernel: LowRankKernel,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<WrittenTensors> {
  const { newBase, patch, plan } = inputs;
  const items = new Map(plan.items.map((item) => [item.target, item]));
  const total = { bytes: sumBytes(newBase.tensors.values()), tensors: newBase.tensors.size };
  const meter = new ProgressMeter('Porting', total, sink);
  const ported = new Map<string, PortedTensor>();
  const untouched: [string, string][] = [];
  for (const shard of newBase.shards) {
    const factorsOf = (tensor: string): ReturnType<typeof readFactors> | undefined => {
      const item = items.get(tensor);
      return item && readFactors(patch.file, item, plan.request.scale);
    };
    await new ShardCopy(shard, kernel, meter, signal).run(folder, factorsOf, (tensor, result) => {
      const item = items.get(tensor);
      if (item && 'sums' in result) ported.set(tensor, describe(item, result));
      else untouched.push([tensor, result.sha256]);
    });
  }
  await copySideFiles(newBase, folder);
  const tensors = plan.items.flatMap(({ target }) => ported.get(target) ?? []);
  return { tensors, untouched: Object.fromEntries(untouched) };
}

function describe(item: PlanItem, { sums, sha256, sourceSha256, deltaNorm }: PatchedTensor): PortedTensor {
  return {
    ...portedTensor(item, deltaNorm),
    measured: {
      weightNorm: Math.sqrt(sums.weight),
      roundingError: Math.sqrt(sums.rounding),
      absorbedShare: sums.elements === 0 ? 0 : sums.absorbed / sums.elements,
      sourceSha256,
      sha256,
    },
  };
}

export function portedTensor(item: PlanItem, norm: number): PortedTensor {
  return {
    module: item.module,
    layer: item.layer,
    type: item.type,
    target: item.target,
    shape: [...item.shape],
    dtype: item.dtype,
    kind: 'pure delta',
    rank: item.rank,
    scaling: item.scaling,
    deltaNorm: norm,
    measured: null,
  };
}

async function copySideFiles(base: Checkpoint, folder: string): Promise<void> {
  for (const name of sideFiles(base.names)) await copyFile(await resolveInside(base.folder, name), join(folder, name));
  if (base.indexed) await copyIndex(base, folder);
}

/** The index as it is; only a total_size that is not the bytes of the tensors is set right (axolotl counts tensors). */
async function copyIndex(base: Checkpoint, folder: string): Promise<void> {
  const text = await readFile(await resolveInside(base.folder, INDEX_FILE), 'utf8');
  const index = JSON.parse(text) as { metadata?: { total_size?: number } };
  const bytes = sumBytes(base.tensors.values());
  if (index.metadata?.total_size === bytes) await writeFile(join(folder, INDEX_FILE), text);
  else {
    index.metadata = { ...index.metadata, total_size: bytes };
    await writeFile(join(folder, INDEX_FILE), JSON.stringify(index, null, 2) + '\n');
  }
}
