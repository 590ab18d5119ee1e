import { access, constants, copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import * as z from 'zod';
import { throwIfCancelled } from '../../base/abort.ts';
import { readError } from '../../base/errors.ts';
import { sha256Of } from '../../base/hash.ts';
import { readJsonFile } from '../../base/jsonFile.ts';
import { ProgressMeter, type ProgressSink } from '../../base/progress.ts';
import { together } from '../../base/together.ts';
import { sumBytes, type Checkpoint } from '../../checkpoint/checkpoint.ts';
import { INDEX_FILE, resolveInside } from '../../checkpoint/shards.ts';
import { sideFiles } from '../../checkpoint/sideFiles.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import { openItem } from '../openItem.ts';
import type { PortInputs } from '../plan/inputs.ts';
import type { Delta } from '../../patch/delta.ts';
import type { PlanItem, PortPlan } from '../plan/planTypes.ts';
import type { PortedTensor, Provenance } from '../provenance.ts';
import { bringToDisk } from './bringToDisk.ts';
import type { FinishedShards } from './finishedShards.ts';
import { planShard, type OutputShard, type OutputTensor } from './outputTensor.ts';
import type { PatchedTensor } from './patchTensor.ts';
import { ShardWriter, type WrittenTensor } from './shardWriter.ts';

export interface WrittenTensors {
  readonly tensors: PortedTensor[];
  readonly untouched: Provenance['untouched'];
  /** Of the shards that were written, by name: SHA-256 of the header. */
  readonly headers: ReadonlyMap<string, string>;
  /** SHA-256 of other files that were hashed as they were written. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Files that were read back as they were written. */
  readonly readBack: ReadonlySet<string>;
  readonly notes: readonly string[];
}

/**
 * Writes the patched weights in the new base's own sharding and dtypes, and carries its side files along.
 *
 * @param finished shards that are there already stay as they are
 * @param kernel not needed where all are there
 */
export async function writeCheckpoint(
  inputs: PortInputs,
  folder: string,
  finished: FinishedShards,
  kernel: LowRankKernel | undefined,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<WrittenTensors> {
  const { newBase, patch, plan } = inputs;
  const side = await findSideFiles(newBase);
  const shards = planShards(inputs);
  const outputs = shards.flatMap(({ tensors }) => tensors);
  const there = shards.filter(({ name }) => finished.get(name)).flatMap(({ tensors }) => tensors);
  const [bytes, done] = [sourceBytes(outputs), { bytes: sourceBytes(there), tensors: there.length }];
  const meter = new ProgressMeter('Porting', { bytes, tensors: outputs.length, done }, sink);
  const total = { bytes, tensors: outputs.length };
  const onWritten = (): void => {
    new ProgressMeter('Bringing to the disk', { ...total, done: total }, sink);
  };
  await finished.begin(folder);
  const missing = shards.filter(({ name }) => finished.get(name) === undefined);
  if (kernel !== undefined) await writeShards(inputs, missing, { folder, finished, kernel, meter, onWritten, signal });
  else if (missing.length > 0) throw new Error('shards are missing, and there is nothing to write them with');
  const written = shards.flatMap(({ name }) => finished.get(name) ?? []);
  const ported = new Map(written.flatMap(({ tensors }) => tensors).map((tensor) => [tensor.target, tensor]));
  for (const { name, path } of side)
    if (name === 'config.json' && changesConfig(plan, newBase))
      await writeFile(join(folder, name), changedConfig(plan, newBase, await readFile(path, 'utf8')));
    else await copyFile(path, join(folder, name));
  if (newBase.indexFile !== undefined) await writeIndex(newBase, newBase.indexFile, shards, bytes, folder);
  await patch.file.assertUnchanged();
  for (const { file } of inputs.oldBase?.shards ?? []) await file.assertUnchanged();
  return {
    tensors: plan.items.flatMap(({ target }) => ported.get(target) ?? []),
    untouched: written.flatMap(({ untouched }) => untouched),
    headers: new Map(shards.map(({ name, headerBytes }) => [name, sha256Of(headerBytes)])),
    hashes: new Map(),
    readBack: new Set(missing.map(({ name }) => name)),
    notes: [],
  };
}

/** The shards of the output: the new base's own. */
export function planShards({ newBase, plan }: PortInputs): OutputShard[] {
  const float8 = plan.request.float8 ?? 'requantise';
  return newBase.shards.map((shard) => planShard(shard, newBase, plan.items, float8));
}

export function sourceBytes(tensors: readonly OutputTensor[]): number {
  return sumBytes(tensors.map(({ source }) => source));
}

const SHARDS_AT_ONCE = 2;

interface Run {
  readonly folder: string;
  readonly finished: Pick<FinishedShards, 'add'>;
  readonly kernel: LowRankKernel;
  readonly meter: ProgressMeter;
  /** Once the last shard is only to be brought to the disk. */
  readonly onWritten: () => void;
  readonly signal: AbortSignal;
}

/** While one shard is brought to the disk, the next is written. */
export async function writeShards(inputs: PortInputs, shards: readonly OutputShard[], run: Run): Promise<void> {
  const limit = pLimit(SHARDS_AT_ONCE);
  let written = 0;
  const write = (shard: OutputShard, signal: AbortSignal): Promise<void> =>
    limit(async () => {
      throwIfCancelled(signal);
      const deltaOf = (item: PlanItem): Promise<Delta> =>
        openItem(inputs, weightOf(item, inputs.plan.items), run.kernel);
      const tensors = await new ShardWriter(shard, deltaOf, run.meter, signal).run(run.folder);
      written++;
      if (written === shards.length) run.onWritten();
      await finishShard(shard, tensors, run);
    });
  await together(shards, write, run.signal);
}

async function finishShard(shard: OutputShard, written: readonly WrittenTensor[], run: Run): Promise<void> {
  const { folder, finished } = run;
  const bytes = await bringToDisk(join(folder, shard.name), shard, written);
  const tensors = written.flatMap(({ item, result }) => (item && 'sums' in result ? [describe(item, result)] : []));
  const copied = written.filter(({ item }) => item === undefined);
  const untouched = copied.map(({ name, result }) => ({ name, sha256: result.sha256 }));
  await finished.add(folder, { name: shard.name, bytes, tensors, untouched });
}

function describe(item: PlanItem, { sums, sha256, sourceXxh64 }: PatchedTensor): PortedTensor {
  return {
    ...portedTensor(item, Math.sqrt(sums.delta)),
    measured: {
      weightNorm: finiteRoot(sums.weight),
      roundingError: finiteRoot(sums.rounding),
      absorbedShare: sums.elements === 0 ? 0 : sums.absorbed / sums.elements,
      sourceXxh64,
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
    source: item.source,
    shape: [...item.shape],
    dtype: item.dtype,
    kind: item.kind,
    method: item.method,
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

/** The item whose delta an item is made with: of scales, that of their weight. */
export function weightOf(item: PlanItem, items: readonly PlanItem[]): PlanItem {
  return items.find(({ source }) => source === item.scaleOf) ?? item;
}

function changesConfig({ unties, request }: PortPlan, { config }: Checkpoint): boolean {
  return unties || (config.float8Block !== undefined && request.float8 === 'bf16');
}

/** config.json with what the port changed about the form of the weights. */
function changedConfig({ unties, request }: PortPlan, { config }: Checkpoint, text: string): string {
  const apart = unties ? untied(text) : text;
  return config.float8Block !== undefined && request.float8 === 'bf16' ? unquantised(apart) : apart;
}

/** Without quantization_config. Infinity and NaN, which JSON does not know, do not occur where there is one. */
function unquantised(text: string): string {
  const config = JSON.parse(text) as Record<string, unknown>;
  delete config.quantization_config;
  return JSON.stringify(config, null, 2) + '\n';
}

/** config.json that no longer ties the head, changed in its text: everything else stays as it was written. */
function untied(text: string): string {
  const changed = text.replaceAll(/("tie_word_embeddings"\s*:\s*)true/g, '$1false');
  return changed !== text || /"tie_word_embeddings"\s*:\s*false/.test(text)
    ? changed
    : text.replace('{', '{\n  "tie_word_embeddings": false,');
}

const INDEX = z.looseObject({
  metadata: z.looseObject({ total_size: z.unknown().optional() }).nullish(),
  weight_map: z.record(z.string(), z.string()),
});

/**
 * The index as it is, unless tensors were added or its total_size is not the bytes of the tensors (axolotl counts tensors).
 */
async function writeIndex(
  base: Checkpoint,
  indexFile: string,
  shards: readonly OutputShard[],
  bytes: number,
  folder: string,
): Promise<void> {
  const path = await resolveInside(base.folder, indexFile);
  const index = await readJsonFile(path, INDEX);
  const target = join(folder, INDEX_FILE);
  const placed = shards.flatMap(({ name, tensors }) => tensors.map((tensor) => [tensor.name, name] as const));
  const asBefore = placed.every(([tensor, file]) => index.weight_map[tensor] === file);
  if (asBefore && index.metadata?.total_size === bytes) return copyFile(path, target);
  const mended = {
    ...index,
    metadata: { ...index.metadata, total_size: bytes },
    weight_map: Object.fromEntries(placed.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  await writeFile(target, JSON.stringify(mended, null, 2) + '\n');
}
