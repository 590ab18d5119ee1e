import { randomBytes } from 'node:crypto';
import { open as openFile, readdir, readFile, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
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

/** Opens the journal of what is answered into a folder. */
export type OpenJournal = (folder: string, key: string) => Promise<Journal>;

/**
 * `<folder>/.portllm-journal/<key>.jsonl`, a line for each item that is answered. What parts have answered is known too.
 *
 * @param key of whatever the answers depend on
 * @throws InputError if another process has it open; UserError if it cannot be written
 */
export const openJournal: OpenJournal = (folder, key) =>
  open(folder, key, async (directory) => {
    const path = join(directory, `${key}.jsonl`);
    const release = await lock(
      join(directory, `${key}.lock`),
      'The same evaluation is being computed into this folder',
    );
    return { path, release, known: () => wholeLines(path) };
  });

/**
 * As `openJournal`, for one of several processes that answer into one folder, on any hosts: each has a file of its own, so that
 * there is nothing to lock. Answers to one item are the same, whoever gives them.
 *
 * @throws UserError if it cannot be written
 */
export const openPartJournal: OpenJournal = (folder, key) =>
  open(folder, key, (directory) => {
    const name = `${key}.${hostname().replaceAll(/\W/g, '_')}-${process.pid}-${randomBytes(4).toString('hex')}.jsonl`;
    const path = join(directory, name);
    // An empty file says nothing.
    const release = async (): Promise<void> => {
      const size = await stat(path).then(
        (stats) => stats.size,
        () => undefined,
      );
      if (size === 0) await rm(path, { force: true });
    };
    return Promise.resolve({ path, release, known: () => Promise.resolve('') });
  });

interface Own {
  readonly path: string;
  /** What it holds already. */
  readonly known: () => Promise<string>;
  readonly release: () => Promise<void>;
}

async function open(folder: string, key: string, own: (directory: string) => Promise<Own>): Promise<Journal> {
  if (!/^\w+$/.test(key)) throw new InputError(`"${key}" cannot name a journal.`);
  const directory = join(folder, JOURNAL_FOLDER);
  try {
    await makeFolder(directory);
    await sweepTemporaries(directory);
    const { path, known, release } = await own(directory);
    try {
      const text = `${await answeredElsewhere(directory, key, path)}${await known()}`;
      return new FileJournal(path, readLines(text), await openFile(path, 'a'), release);
    } catch (error) {
      await release();
      throw error;
    }
  } catch (error) {
    throw writeError(error, join(directory, `${key}.jsonl`));
  }
}

/** Whole lines of the journals that others have of the same; they may just be writing one. */
async function answeredElsewhere(directory: string, key: string, own: string): Promise<string> {
  const texts: string[] = [];
  for (const name of (await readdir(directory)).sort()) {
    const path = join(directory, name);
    if (path === own || !name.startsWith(`${key}.`) || !name.endsWith('.jsonl')) continue;
    // One that stays empty is removed by whoever made it.
    const text = await readFile(path, 'utf8').catch(absent);
    texts.push(text.slice(0, text.lastIndexOf('\n') + 1));
  }
  return texts.join('');
}

/** @throws unless the file is not there */
function absent(error: unknown): string {
  if (errorCode(error) === 'ENOENT') return '';
  throw error;
}

/** A process that was killed may leave half a line, which is cut off. */
async function wholeLines(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    const end = bytes.lastIndexOf('\n') + 1;
    if (end < bytes.length) await truncate(path, end);
    return bytes.toString('utf8', 0, end);
  } catch (error) {
    return absent(error);
  }
}

class FileJournal implements Journal {
  private readonly path: string;
  private readonly before: ReadonlyMap<number, readonly Answer[]>;
  private readonly handle: FileHandle;
  private readonly release: () => Promise<void>;
  private waiting: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | undefined;
  private closed: Promise<void> | undefined;

  constructor(
    path: string,
    before: ReadonlyMap<number, readonly Answer[]>,
    handle: FileHandle,
    release: () => Promise<void>,
  ) {
    this.path = path;
    this.before = before;
    this.handle = handle;
    this.release = release;
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
    await this.release();
    if (this.failure) throw this.failure.error;
  }
}
