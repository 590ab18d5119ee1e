import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError, systemError } from '../base/errors.ts';
import { formatBytes } from '../base/format.ts';
import { assertFree } from './inputs.ts';

/** For what the small files beside the weights may take. */
const MARGIN_BYTES = 64_000_000;

/** An output under a temporary name beside its final one: it appears whole, or not at all. */
export class Staging {
  /** Where to write. */
  readonly folder: string;
  private readonly target: string;

  private constructor(folder: string, target: string) {
    this.folder = folder;
    this.target = target;
  }

  /**
   * @param bytes what will be written
   * @throws UserError if the target exists, its parent cannot be written to, or the disk is too full
   */
  static async create(out: string, bytes: number, freeBytes = freeBytesAt): Promise<Staging> {
    const target = resolve(out);
    const parent = dirname(target);
    await assertFree(target);
    try {
      await mkdir(parent, { recursive: true });
      await access(parent, constants.W_OK);
      await assertSpace(parent, bytes, freeBytes);
      const folder = join(parent, `${stagingPrefix(target, process.pid)}${randomBytes(4).toString('hex')}`);
      await mkdir(folder);
      return new Staging(folder, target);
    } catch (error) {
      throw systemError(error, 'write to', parent);
    }
  }

  /** Gives the output its name. @throws UserError if something has appeared there meanwhile */
  async commit(): Promise<string> {
    await assertFree(this.target);
    await rename(this.folder, this.target);
    return this.target;
  }

  async discard(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function stagingPrefix(target: string, pid: number): string {
  return `.${basename(target)}.portllm-${pid}-`;
}

/** Removes what a worker that was killed in the middle of a port left behind. */
export async function sweepStaging(out: string, pid: number): Promise<void> {
  const target = resolve(out);
  const names = await readdir(dirname(target)).catch(() => []);
  const left = names.filter((name) => name.startsWith(stagingPrefix(target, pid)));
  await Promise.all(left.map((name) => rm(join(dirname(target), name), { recursive: true, force: true })));
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
      'Free some space, choose a folder on another disk, or port to an adapter.',
    );
}
