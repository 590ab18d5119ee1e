import { appendFile, lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { sha256Of } from '../../base/hash.ts';
import { writeWhole } from '../../base/writeWhole.ts';
import { machineArithmetic } from '../../kernels/lanes/module.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import type { TensorFile } from '../../safetensors/file.ts';
import type { PortInputs } from '../plan/inputs.ts';
import { PLAIN_NAME, PORTED_TENSOR, UNTOUCHED_TENSOR } from '../provenance.ts';

/** In an output that is not finished: a line for each shard that is. */
export const FINISHED_FILE = 'portllm-finished.jsonl';

const KEY = z.object({ key: z.string() });
export const FINISHED_SHARD = z.object({
  name: PLAIN_NAME,
  bytes: z.number(),
  tensors: z.array(PORTED_TENSOR),
  untouched: z.array(UNTOUCHED_TENSOR),
});
export type FinishedShard = z.output<typeof FINISHED_SHARD>;

/**
 * The shards that a port has finished, written down as it goes: one that was killed goes on with the next. What they hold is
 * read back and compared in the end, as everything that was written is.
 */
export class FinishedShards {
  private readonly key: string;
  private readonly shards = new Map<string, FinishedShard>();

  /** @param key of all that the output's bytes depend on */
  constructor(key: string) {
    this.key = key;
  }

  get any(): boolean {
    return this.shards.size > 0;
  }

  get(name: string): FinishedShard | undefined {
    return this.shards.get(name);
  }

  /** Of one that was written elsewhere, and lies in the output already. */
  set(shard: FinishedShard): void {
    this.shards.set(shard.name, shard);
  }

  /** Reads what an earlier port has left. @returns the names of the files that can stay, if any */
  async reusable(folder: string): Promise<readonly string[]> {
    for (const shard of await readFinished(folder, this.key))
      if (await hasSize(join(folder, shard.name), shard.bytes)) this.shards.set(shard.name, shard);
    return this.shards.size === 0 ? [] : [FINISHED_FILE, ...this.shards.keys()];
  }

  /** Begins the file anew, so that no half line stays in it. */
  async begin(folder: string): Promise<void> {
    const lines = [{ key: this.key }, ...this.shards.values()].map(lineOf);
    await writeWhole(join(folder, FINISHED_FILE), lines.join(''), true);
  }

  /** Once the shard is on the disk. */
  async add(folder: string, shard: FinishedShard): Promise<void> {
    this.shards.set(shard.name, shard);
    const path = join(folder, FINISHED_FILE);
    await appendFile(path, lineOf(shard), { flush: true });
  }

  /** Once there is nothing left to go on with. */
  async remove(folder: string): Promise<void> {
    await rm(join(folder, FINISHED_FILE), { force: true });
  }
}

/** Whether a folder that a killed port has left holds a finished shard. */
export async function holdsFinished(folder: string): Promise<boolean> {
  return (await readFinished(folder)).length > 0;
}

/**
 * What the bytes of a ported checkpoint depend on: the plan, the files it reads as they are now, the device, which rounds in
 * its own way, and the program.
 */
export function outputKey(inputs: PortInputs, device: string, toolVersion: string): string {
  const { plan, patch, combined, newBase, oldBase } = inputs;
  const patches = combined.length > 0 ? combined.map((one) => one.patch.file) : [patch.file];
  const bases = [newBase, ...(oldBase ? [oldBase] : [])].flatMap(({ shards }) => shards.map(({ file }) => file));
  return sha256Of(JSON.stringify([plan.digest, device, toolVersion, ...[...patches, ...bases].map(stateOf)]));
}

/** What rounds in its own way: the device, and how this machine adds products. */
export function deviceOf(kernel: LowRankKernel): string {
  return `${kernel.device} ${machineArithmetic()}`;
}

function stateOf({ path, header, headerSha256, writtenAt }: TensorFile): unknown {
  return [path, header.fileBytes, headerSha256, String(writtenAt)];
}

/** The lines that are whole; none if the file is of another port, or what is there is no folder of ours. */
async function readFinished(folder: string, key?: string): Promise<FinishedShard[]> {
  try {
    if (!(await lstat(folder)).isDirectory()) return [];
    const [first, ...rest] = (await readFile(join(folder, FINISHED_FILE), 'utf8')).split('\n');
    const stated = KEY.parse(JSON.parse(first ?? '')).key;
    if (key !== undefined && stated !== key) return [];
    return rest.flatMap(parseShard);
  } catch {
    return [];
  }
}

function parseShard(line: string): FinishedShard[] {
  try {
    return [FINISHED_SHARD.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}

async function hasSize(path: string, bytes: number): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isFile() && stats.size === bytes,
    () => false,
  );
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
