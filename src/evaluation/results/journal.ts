import { open, readFile, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, InputError, writeError } from '../../base/errors.ts';
import { lock } from '../../base/lock.ts';
import { makeFolder } from '../../base/makeFolder.ts';
import { sweepTemporaries } from '../../base/temporary.ts';
import type { Answer } from '../types.ts';
import { lineOf, readLines } from './journal/lines.ts';

export const JOURNAL_FOLDER = '.portllm-journal';
const FLUSH_MS = 1000;

/** Answers as they come, so that an evaluation that was stopped or killed goes on where it ended. */
export interface Journal extends AsyncDisposable {
  /** What was answered before it was opened. */
  known(): ReadonlyMap<number, readonly Answer[]>;
  /** On the disk within a second. @throws UserError if what was added before could not be written */
  add(docId: number, answers: readonly Answer[]): void;
  /** Writes what is left; the journal stays. */
  close(): Promise<void>;
}

/**
 * `<folder>/.portllm-journal/<key>.jsonl`, a line for each item that is answered.
 *
 * @param key of whatever the answers depend on
 * @throws InputError if another process has it open; UserError if it cannot be written
 */
export async function openJournal(folder: string, key: string): Promise<Journal> {
  if (!/^\w+$/.test(key)) throw new InputError(`"${key}" cannot name a journal.`);
  const directory = join(folder, JOURNAL_FOLDER);
  const path = join(directory, `${key}.jsonl`);
  try {
    await makeFolder(directory);
    await sweepTemporaries(directory);
    const unlock = await lock(join(directory, `${key}.lock`), 'The same evaluation is being computed into this folder');
    try {
      const known = readLines(await wholeLines(path));
      return new FileJournal(path, known, await open(path, 'a'), unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  } catch (error) {
    throw writeError(error, path);
  }
}

/** A process that was killed may leave half a line, which is cut off. */
async function wholeLines(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    const end = bytes.lastIndexOf('\n') + 1;
    if (end < bytes.length) await truncate(path, end);
    return bytes.toString('utf8', 0, end);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

class FileJournal implements Journal {
  private readonly path: string;
  private readonly before: ReadonlyMap<number, readonly Answer[]>;
  private readonly handle: FileHandle;
  private readonly unlock: () => Promise<void>;
  private waiting: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | undefined;
  private closed: Promise<void> | undefined;

  constructor(
    path: string,
    before: ReadonlyMap<number, readonly Answer[]>,
    handle: FileHandle,
    unlock: () => Promise<void>,
  ) {
    this.path = path;
    this.before = before;
    this.handle = handle;
    this.unlock = unlock;
  }

  known(): ReadonlyMap<number, readonly Answer[]> {
    return this.before;
  }

  add(docId: number, answers: readonly Answer[]): void {
    this.assertWritable();
    this.waiting.push(lineOf(docId, answers));
    this.timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private assertWritable(): void {
    if (this.closed) throw new Error('The journal is closed.');
    if (this.failure) throw this.failure.error;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const text = this.waiting.join('');
    this.waiting = [];
    if (text === '') return;
    this.writing = this.writing
      .then(() => this.handle.appendFile(text))
      .catch((error: unknown) => {
        this.failure ??= { error: writeError(error, this.path) };
      });
  }

  private async end(): Promise<void> {
    this.flush();
    await this.writing;
    await this.handle.close();
    await this.unlock();
    if (this.failure) throw this.failure.error;
  }
}
