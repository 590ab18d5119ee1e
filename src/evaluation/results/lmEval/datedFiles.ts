import { createWriteStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { throwIfCancelled } from '../../../base/abort.ts';
import { errorCode, UserError, writeError } from '../../../base/errors.ts';
import { makeFolder } from '../../../base/makeFolder.ts';
import { renameNew } from '../../../base/renameNew.ts';
import { sweepTemporaries, temporaryPath } from '../../../base/temporary.ts';

/** Dates that are tried; names that differ in their case only may be one, whatever the date. */
const MAX_TRIES = 1000;

/** A file of a run: `<stem>_<date>.<ending>`. */
export interface DatedFile {
  readonly stem: string;
  readonly ending: 'json' | 'jsonl';
  readonly text: Iterable<string>;
}

/**
 * Writes files of one date under temporary names and gives them their own in this order, each whole or not at all. No
 * file is overwritten: where one has the date, the next microsecond is taken.
 *
 * @returns their paths
 * @throws UserError if they cannot be written; CancelledError
 */
export async function writeDated(
  folder: string,
  files: readonly DatedFile[],
  now: Date,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const temporary = files.map(({ stem }) => temporaryPath(join(folder, stem)));
  throwIfCancelled(signal);
  try {
    await makeFolder(folder);
    await sweepTemporaries(folder);
    for (const [i, { text }] of files.entries()) {
      await pipeline(text, createWriteStream(temporary[i] ?? '', { flags: 'wx' }));
      throwIfCancelled(signal);
    }
    for (let microseconds = 0; microseconds < MAX_TRIES; microseconds++) {
      const date = pythonDate(now, microseconds);
      const named = await nameAll(folder, files, temporary, date);
      if (named !== undefined) return named;
    }
    throw new UserError(`${folder} takes no names for results: to it two of them may be the same.`);
  } catch (error) {
    throw writeError(error, folder);
  } finally {
    await removeAll(temporary);
  }
}

/** Undefined if the date is taken; then nothing is left behind. */
async function nameAll(
  folder: string,
  files: readonly DatedFile[],
  temporary: readonly string[],
  date: string,
): Promise<readonly string[] | undefined> {
  if ((await readdir(folder)).some((name) => name.includes(`_${date}.json`))) return undefined;
  const named: string[] = [];
  for (const [i, { stem, ending }] of files.entries()) {
    const path = join(folder, `${stem}_${date}.${ending}`);
    try {
      await renameNew(temporary[i] ?? '', path);
      named.push(path);
    } catch (error) {
      await removeAll(named);
      if (errorCode(error) === 'EEXIST') return undefined;
      throw error;
    }
  }
  return named;
}

/** What cannot be removed must not hide why. */
async function removeAll(paths: readonly string[]): Promise<void> {
  await Promise.allSettled(paths.map((path) => rm(path, { force: true })));
}

/** `datetime.now().isoformat().replace(":", "-")`: local time, to the microsecond. */
export function pythonDate(date: Date, microseconds = 0): string {
  const moved = new Date(date.getTime() + Math.floor(microseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [moved.getFullYear(), two(moved.getMonth() + 1), two(moved.getDate())].join('-');
  const time = [moved.getHours(), moved.getMinutes(), moved.getSeconds()].map(two).join('-');
  const fraction = moved.getMilliseconds() * 1000 + (microseconds % 1000);
  return `${day}T${time}.${String(fraction).padStart(6, '0')}`;
}
