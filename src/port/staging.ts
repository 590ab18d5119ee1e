import { access, constants, lstat, mkdir, readdir, rename, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errorCode, UserError, writeError } from '../base/errors.ts';
import { formatBytes } from '../base/format.ts';
import { lock } from '../base/lock.ts';
import { makeFolder } from '../base/makeFolder.ts';
import { syncFolder, syncNames } from '../base/syncFolder.ts';
import { hiddenName, sweepTemporaries } from '../base/temporary.ts';
import { holdsFinished } from './output/finishedShards.ts';

/** For what the small files beside the weights may take (a tokenizer of 256,000 tokens has 35 MB). */
const MARGIN_BYTES = 40_000_000;
/** A killed port that nobody has gone on with for a week will not be gone on with. */
const KEPT_MS = 7 * 24 * 3600 * 1000;

/** What a killed job may leave in its folder for the next one to go on with. */
export interface Leftover {
  /** @returns the names of the files that can stay, if any */
  readonly reusable: (folder: string) => Promise<readonly string[]>;
}

/**
 * An output under a hidden name beside its final one: it appears whole, or not at all. A lock beside it names the process
 * that writes there; what a process that is gone left is removed, or gone on with.
 */
export class Staging {
  /** Where to write. */
  readonly folder: string;
  private readonly target: string;
  /** The topmost folder that had to be made above the target. */
  private readonly made: string | undefined;
  private readonly unlock: () => Promise<void>;

  private constructor(folder: string, target: string, made: string | undefined, unlock: () => Promise<void>) {
    this.folder = folder;
    this.target = target;
    this.made = made;
    this.unlock = unlock;
  }

  /**
   * @param bytes what will be written
   * @throws UserError if the target exists, its parent cannot be written to, or the disk is too full; InputError if another
   *   process writes there
   */
  static async create(
    out: string,
    bytes: number,
    leftover?: Leftover,
    freeBytes: (folder: string) => Promise<number> = freeBytesAt,
  ): Promise<Staging> {
    const target = resolve(out);
    const parent = dirname(target);
    await assertFree(target);
    let made: string | undefined;
    let unlock: (() => Promise<void>) | undefined;
    try {
      made = await makeFolder(parent);
      await access(parent, constants.W_OK);
      await sweepTemporaries(parent);
      unlock = await lock(lockOf(target), `${target} is being written`);
      await sweepOthers(parent, target);
      // Whoever held the lock may have finished meanwhile.
      await assertFree(target);
      const folder = folderOf(target);
      const kept = (await leftover?.reusable(folder)) ?? [];
      await clear(folder, kept);
      await assertSpace(parent, bytes - (await sizeOf(folder, kept)), freeBytes);
      if (kept.length === 0) await mkdir(folder);
      return new Staging(folder, target, made, unlock);
    } catch (error) {
      await unlock?.();
      await removeMade(parent, made);
      throw writeError(error, parent);
    }
  }

  /** Gives the output its name. @throws UserError if something has appeared there meanwhile */
  async commit(): Promise<string> {
    await assertFree(this.target);
    await syncFolder(this.folder);
    await rename(this.folder, this.target);
    await syncNames(dirname(this.target));
    await this.unlock();
    return this.target;
  }

  /** Lets what was written lie for the next job to go on with. */
  async leave(): Promise<void> {
    await this.unlock().catch(() => undefined);
  }

  /** Removes what was written. An error in removing must not hide why. */
  async discard(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true }).catch(() => undefined);
    await this.unlock().catch(() => undefined);
    await removeMade(dirname(this.target), this.made);
  }
}

/**
 * After a worker that was killed in the middle of a job.
 *
 * @param keepFinished leaves what can be gone on with
 * @returns whether something was left
 */
export async function sweepStaging(out: string, keepFinished: boolean): Promise<boolean> {
  const target = resolve(out);
  await sweepTemporaries(dirname(target));
  return sweepLeft(folderOf(target), lockOf(target), keepFinished ? holdsFinished : () => Promise.resolve(false));
}

/** What a process that is gone has left, unless it is worth keeping. @returns whether it was kept */
async function sweepLeft(
  folder: string,
  lockFile: string,
  isWorthKeeping: (folder: string) => Promise<boolean>,
): Promise<boolean> {
  // The folder above is gone, or another process writes there.
  const unlock = await lock(lockFile, '').catch(() => undefined);
  if (unlock === undefined) return false;
  const isKept = await isWorthKeeping(folder);
  if (!isKept) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  await unlock().catch(() => undefined);
  return isKept;
}

function folderOf(target: string): string {
  return join(dirname(target), hiddenName(basename(target), 'portllm-partial'));
}

function lockOf(target: string): string {
  return join(dirname(target), hiddenName(basename(target), 'portllm-lock'));
}

/** What jobs for other outputs in the same folder have left, unless it can be gone on with and is not old. */
async function sweepOthers(parent: string, target: string): Promise<void> {
  const own = [folderOf(target), lockOf(target)].map((path) => basename(path));
  const names = (await readdir(parent)).filter((name) => !own.includes(name));
  const stems = new Set(names.flatMap((name) => /^(\..+)\.portllm-(?:partial|lock)$/.exec(name)?.[1] ?? []));
  for (const stem of stems)
    await sweepLeft(join(parent, `${stem}.portllm-partial`), join(parent, `${stem}.portllm-lock`), isYoungAndUseful);
}

async function isYoungAndUseful(folder: string): Promise<boolean> {
  const stats = await lstat(folder).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs < KEPT_MS && (await holdsFinished(folder));
}

/** Removes the folder, or all in it but what is kept. */
async function clear(folder: string, kept: readonly string[]): Promise<void> {
  if (kept.length === 0) return rm(folder, { recursive: true, force: true });
  for (const name of await readdir(folder))
    if (!kept.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
}

async function sizeOf(folder: string, names: readonly string[]): Promise<number> {
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** @throws UserError if something stands at the output's path already */
async function assertFree(path: string): Promise<void> {
  // lstat: a dangling link is in the way too.
  const there = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw writeError(error, path);
  });
  if (there) throw new UserError(`${path} exists already.`, 'Choose another name; nothing is ever overwritten.');
}

/** Removes the folders that were made for the target, from the innermost out, as long as they are empty. */
async function removeMade(parent: string, made: string | undefined): Promise<void> {
  if (made === undefined) return;
  for (let folder = parent; folder.length >= made.length; folder = dirname(folder))
    if (
      !(await rmdir(folder).then(
        () => true,
        () => false,
      ))
    )
      return;
}

async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function assertSpace(
  parent: string,
  bytes: number,
  freeBytes: (folder: string) => Promise<number>,
): Promise<void> {
  const free = await freeBytes(parent);
  if (free < bytes + MARGIN_BYTES)
    throw new UserError(
      `Not enough disk space: the output needs ${formatBytes(bytes)}, ${formatBytes(free)} are free at ${parent}.`,
      'Free some space, or choose a folder on another disk.',
    );
}
