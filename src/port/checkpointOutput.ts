import { access, constants, copyFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readError } from '../base/errors.ts';
import { readJsonFile } from '../base/jsonFile.ts';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import { INDEX_FILE, resolveInside } from '../checkpoint/shards.ts';
import { sideFiles } from '../checkpoint/sideFiles.ts';
import { sumBytes, type Checkpoint } from '../checkpoint/checkpoint.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { readFactors } from './factors.ts';
import type { PortInputs } from './inputs.ts';
import type { PlanItem } from './planTypes.ts';
import type { PortedTensor, Provenance } from './provenance.ts';
import { ShardCopy, type PatchedTensor } from './shardCopy.ts';

export interface WrittenTensors {
  readonly tensors: PortedTensor[];
  readonly untouched: Provenance['untouched'];
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
  const side = await findSideFiles(newBase);
  const items = new Map(plan.items.map((item) => [item.target, item]));
  const total = { bytes: sumBytes(newBase.tensors.values()), tensors: newBase.tensors.size };
  const meter = new ProgressMeter('Porting', total, sink);
  const ported = new Map<string, PortedTensor>();
  const untouched: Provenance['untouched'] = [];
  for (const shard of newBase.shards) {
    const factorsOf = (tensor: string): ReturnType<typeof readFactors> | undefined => {
      const item = items.get(tensor);
      return item && readFactors(patch.file, item, plan.request.scale);
    };
    await new ShardCopy(shard, kernel, meter, signal).run(folder, factorsOf, (tensor, result) => {
      const item = items.get(tensor);
      if (item && 'sums' in result) ported.set(tensor, describe(item, result));
      else untouched.push({ name: tensor, sha256: result.sha256 });
    });
  }
  for (const { name, path } of side) await copyFile(path, join(folder, name));
  if (newBase.indexed) await copyIndex(newBase, folder);
  await patch.file.assertUnchanged();
  const tensors = plan.items.flatMap(({ target }) => ported.get(target) ?? []);
  return { tensors, untouched };
}

function describe(item: PlanItem, { sums, sha256, sourceSha256 }: PatchedTensor): PortedTensor {
  return {
    ...portedTensor(item, Math.sqrt(sums.delta)),
    measured: {
      weightNorm: finiteRoot(sums.weight),
      roundingError: finiteRoot(sums.rounding),
      absorbedShare: sums.elements === 0 ? 0 : sums.absorbed / sums.elements,
      sourceSha256,
      sha256,
    },
  };
}

/** JSON knows no NaN; a base that holds one has no norm. */
function finiteRoot(sum: number): number | null {
  return Number.isFinite(sum) ? Math.sqrt(sum) : null;
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

/** The side files by their real paths; looked at before anything is written. @throws InputError if one is unreadable */
async function findSideFiles(base: Checkpoint): Promise<{ name: string; path: string }[]> {
  const found: { name: string; path: string }[] = [];
  for (const name of sideFiles(base.names)) {
    const path = await resolveInside(base.folder, name);
    try {
      if (!(await stat(path)).isFile()) continue;
      await access(path, constants.R_OK);
    } catch (error) {
      throw readError(error, path);
    }
    found.push({ name, path });
  }
  return found;
}

const INDEX = z.looseObject({ metadata: z.looseObject({ total_size: z.unknown().optional() }).nullish() });

/** The index as it is; only a total_size that is not the bytes of the tensors is set right (axolotl counts tensors). */
async function copyIndex(base: Checkpoint, folder: string): Promise<void> {
  const path = await resolveInside(base.folder, INDEX_FILE);
  const index = await readJsonFile(path, INDEX);
  const bytes = sumBytes(base.tensors.values());
  const target = join(folder, INDEX_FILE);
  if (index.metadata?.total_size === bytes) return copyFile(path, target);
  const mended = { ...index, metadata: { ...index.metadata, total_size: bytes } };
  await writeFile(target, JSON.stringify(mended, null, 2) + '\n');
}
