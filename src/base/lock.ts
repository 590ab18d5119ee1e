import { link, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { errorCode, InputError } from './errors.ts';
import { beginningOf, isAlive } from './processes.ts';
import { cannotLink, renameNew } from './renameNew.ts';
import { temporaryPath } from './temporary.ts';

const HOLDER = z.object({ pid: z.int().positive(), host: z.string(), since: z.string(), began: z.string().nullish() });
type Holder = z.output<typeof HOLDER>;

/** Locks of this process: one that has its number but is not here was left by an earlier process of the same number. */
const held = new Set<string>();
const ATTEMPTS = 5;

/**
 * A file that says which process writes beside it. That of a dead process on this host is taken over. Links, not `flock`,
 * so that it holds on network file systems.
 *
 * @param what for the message: "The same evaluation is being computed into this folder"
 * @returns what gives it back
 * @throws InputError naming the holder
 */
export async function lock(wanted: string, what: string): Promise<() => Promise<void>> {
  const path = join(await realpath(dirname(wanted)), basename(wanted));
  const began = await beginningOf(process.pid);
  const own: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString(), began };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (held.has(path)) throw refusal(path, own, what);
    if (await create(path, JSON.stringify(own))) {
      held.add(path);
      return async () => {
        await rm(path, { force: true });
        held.delete(path);
      };
    }
    const text = await contentOf(path);
    if (text === undefined) continue;
    const holder = parse(text);
    if (holder === undefined || (await isActive(holder))) throw refusal(path, holder, what);
    await removeStale(path, text);
  }
  throw refusal(path, undefined, what);
}

/** Whole or not at all: nobody reads a lock that is half written. @returns false if there is one already */
async function create(path: string, text: string): Promise<boolean> {
  const temporary = temporaryPath(path);
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await link(temporary, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    if (cannotLink(error)) return await createAlone(path, text);
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
  const aside = temporaryPath(path);
  try {
    await rename(path, aside);
    if ((await contentOf(aside)) !== stale) await renameNew(aside, path);
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

/** Of another host nobody can tell. */
async function isActive({ pid, host, began }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  if (pid === process.pid || !isAlive(pid)) return false;
  return began == null || (await beginningOf(pid)) === began;
}

function refusal(path: string, holder: Holder | undefined, what: string): InputError {
  const who =
    holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  return new InputError(`${what} by ${who}.`, `Wait for it, or choose another folder. If it is gone, delete ${path}.`);
}
