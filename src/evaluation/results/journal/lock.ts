import { randomBytes } from 'node:crypto';
import { link, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { errorCode, InputError } from '../../../base/errors.ts';

const HOLDER = z.object({ pid: z.int().positive(), host: z.string(), since: z.string() });
type Holder = z.output<typeof HOLDER>;

/** Locks of this process: one that has its number but is not here was left by an earlier process of the same number. */
const held = new Set<string>();

/**
 * A file that says which process writes beside it. That of a dead process on this host is taken over.
 *
 * @returns what gives it back
 * @throws InputError naming the holder
 */
export async function lock(wanted: string): Promise<() => Promise<void>> {
  const path = join(await realpath(dirname(wanted)), basename(wanted));
  const own: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  for (let attempt = 0; attempt < 3; attempt++) {
    if (held.has(path)) throw refusal(path, own);
    if (await create(path, JSON.stringify(own))) {
      held.add(path);
      return async () => {
        held.delete(path);
        await rm(path, { force: true });
      };
    }
    const text = await contentOf(path);
    if (text === undefined) continue;
    const holder = parse(text);
    if (holder === undefined || isActive(holder)) throw refusal(path, holder);
    await removeStale(path, text);
  }
  throw refusal(path, undefined);
}

/** Whole or not at all: nobody reads a lock that is half written. @returns false if there is one already */
async function create(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return false;
    // A file system without hard links.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS') return await createAlone(path, text);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function createAlone(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Between reading and removing, another process may have taken it over: that one's lock is put back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
    if ((await contentOf(aside)) !== stale) await link(aside, path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): Holder | undefined {
  try {
    return HOLDER.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isActive({ pid, host }: Holder): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function refusal(path: string, holder: Holder | undefined): InputError {
  const who =
    holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  return new InputError(
    `The same evaluation is being computed into this folder by ${who}.`,
    `Wait for it, or choose another folder. If it is gone, delete ${path}.`,
  );
}
