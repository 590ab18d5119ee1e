import { randomBytes } from 'node:crypto';
import { access, constants, lstat, mkdir, readdir, realpath, rename, rm, rmdir, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { errorCode, InputError, UserError, writeError } from '../base/errors.ts';
import { formatBytes } from '../base/format.ts';
import { makeFolder } from '../base/makeFolder.ts';
import type { PortRequest } from './plan/planTypes.ts';

/** For what the small files beside the weights may take (a tokenizer of 256,000 tokens has 35 MB). */
const MARGIN_BYTES = 40_000_000;

/** An output under a temporary name beside its final one: it appears whole, or not at all. */
export class Staging {
  /** Where to write. */
  readonly folder: string;
  private readonly target: string;
  /** The topmost folder that had to be made above the target. */
  private readonly made: string | undefined;

  private constructor(folder: string, target: string, made: string | undefined) {
    this.folder = folder;
    this.target = target;
    this.made = made;
  }

  /**
   * @param bytes what will be written
   * @throws UserError if the target exists, its parent cannot be written to, or the disk is too full
   */
  static async create(out: string, bytes: number, freeBytes = freeBytesAt): Promise<Staging> {
    const target = resolve(out);
    const parent = dirname(target);
    await assertFree(target);
    let made: string | undefined;
    try {
      made = await makeFolder(parent);
      await access(parent, constants.W_OK);
      await sweepDead(target);
      await assertSpace(parent, bytes, freeBytes);
      const folder = join(parent, `${prefixOf(target)}${process.pid}-${randomBytes(4).toString('hex')}`);
      await mkdir(folder);
      return new Staging(folder, target, made);
    } catch (error) {
      await removeMade(parent, made);
      throw writeError(error, parent);
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
    await removeMade(dirname(this.target), this.made);
  }
}

/** @throws InputError if the output would lie inside one of the inputs, or in the Hugging Face cache */
export async function assertOutside({
  patch,
  plus = [],
  onto,
  from,
  out,
}: Pick<PortRequest, 'patch' | 'plus' | 'onto' | 'from' | 'out'>): Promise<void> {
  const target = await realTarget(resolve(out));
  for (const source of [patch, ...plus.map((other) => other.patch), onto, ...(from === undefined ? [] : [from])]) {
    const way = relative(await realpath(source), target);
    if (way !== '..' && !way.startsWith(`..${sep}`))
      throw new InputError(`${out} lies inside ${source}, which is an input.`);
  }
  if (target.split(sep).some((part) => part.startsWith('models--')))
    throw new InputError(`${out} lies inside the Hugging Face cache.`, 'Choose a folder of your own.');
}

/** @throws UserError if something stands at the output's path already */
async function assertFree(path: string): Promise<void> {
  // lstat: a dangling link is in the way too.
  const there = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw writeError(error, path);
  });
  if (there) throw new UserError(`${path} exists already.`, 'Choose another name; nothing is ever overwritten.');
}

/** The target with the links of its nearest existing parent resolved. */
async function realTarget(target: string): Promise<string> {
  const parent = dirname(target);
  if (parent === target) return target;
  const real = await realpath(parent).catch(() => realTarget(parent));
  return join(real, basename(target));
}

/** `.name.portllm-host-`, followed by the process that writes there: several hosts may share the file system. */
function prefixOf(target: string): string {
  return `.${basename(target)}.portllm-${hostname().replaceAll(/[^\w.]/g, '_')}-`;
}

/** Removes what a worker that was killed in the middle of a port left behind. */
export async function sweepStaging(out: string, pid: number): Promise<void> {
  await sweep(resolve(out), (owner) => owner === pid);
}

/** Likewise for workers of this host that nobody was left to sweep after. */
function sweepDead(target: string): Promise<void> {
  return sweep(target, (owner) => !isAlive(owner));
}

async function sweep(target: string, isLeft: (owner: number) => boolean): Promise<void> {
  const prefix = prefixOf(target);
  const names = await readdir(dirname(target)).catch(() => []);
  const left = names.filter(
    (name) => name.startsWith(prefix) && isLeft(Number.parseInt(name.slice(prefix.length), 10)),
  );
  await Promise.all(left.map((name) => rm(join(dirname(target), name), { recursive: true, force: true })));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
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
