import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { errorCode, InputError, writeError } from './errors.ts';
import { readJsonFile } from './jsonFile.ts';
import { makeFolder } from './makeFolder.ts';
import type { Part } from './part.ts';
import { getSealed, putSealed } from './sealed.ts';
import { hiddenName, temporaryPath } from './temporary.ts';
import { isThere } from './there.ts';
import { writeWhole } from './writeWhole.ts';

const REQUEST_FILE = 'request.json';

/** What is made in parts. */
export const DIVISIBLE = ['port', 'diagnose', 'evaluate', 'matrix'] as const;
export type Divisible = (typeof DIVISIBLE)[number];

const KIND = z.object({ kind: z.enum(DIVISIBLE) });

/** What a part has left, with what a person calls it. */
export type FoundPart<T> = T & { readonly part: Part; readonly name: string };

export interface FoundParts<T> {
  readonly found: readonly FoundPart<T>[];
  readonly damaged: readonly InputError[];
}

/**
 * The hidden folder beside an output that is made in parts: what was asked for, and what the parts leave. Parts may be written
 * on many machines, twice or at once: each file appears whole, and there is nothing to lock.
 */
export class PartsFolder {
  readonly folder: string;

  constructor(out: string) {
    const target = resolve(out);
    this.folder = join(dirname(target), hiddenName(basename(target), 'portllm-parts'));
  }

  /**
   * For writing. Whoever comes first says what the parts are parts of.
   *
   * @param request plain data of which JSON changes nothing, with its fields in one order
   * @throws InputError if parts of something else are there
   */
  async begin<T>(kind: Divisible, schema: z.ZodType<T>, request: T): Promise<void> {
    const text = textOf(kind, schema.parse(request));
    try {
      await makeFolder(this.folder);
      await writeWhole(this.requestPath, text, false);
    } catch (error) {
      if (errorCode((error as Error).cause ?? error) !== 'EEXIST') throw writeError(error, this.folder);
    }
    if (textOf((await this.kind()) ?? kind, await this.request(schema).catch(() => undefined)) === text) return;
    throw new InputError(
      `${this.folder} holds parts of another job for the same output.`,
      'Assemble that one, choose another output, or delete the folder.',
    );
  }

  /** Undefined if there are no parts. @throws InputError if it cannot be read */
  async kind(): Promise<Divisible | undefined> {
    if (!(await isThere(this.requestPath))) return undefined;
    return (await readJsonFile(this.requestPath, KIND)).kind;
  }

  /** What the parts are parts of. @throws InputError if there are none */
  async request<T>(schema: z.ZodType<T>): Promise<T> {
    return (await readJsonFile(this.requestPath, z.object({ request: schema }))).request;
  }

  /** What a part leaves: in the place of what was there. */
  async put(part: Part, value: object): Promise<void> {
    await putSealed(this.pathOf(part), value);
  }

  /** Undefined if it is not there. @throws InputError if it was damaged */
  get<T>(part: Part, schema: z.ZodType<T>): Promise<T | undefined> {
    return getSealed(this.pathOf(part), schema);
  }

  /** Those of any count: a job may have been divided otherwise before. */
  async all<T>(schema: z.ZodType<T>): Promise<FoundParts<T>> {
    const [found, damaged]: [FoundPart<T>[], InputError[]] = [[], []];
    for (const name of (await readdir(this.folder).catch(() => [])).sort()) {
      const [, index, count] = /^part-(\d+)-of-(\d+)\.json$/.exec(name) ?? [];
      if (count === undefined) continue;
      const part = { index: Number(index), count: Number(count) };
      try {
        const value = await this.get(part, schema);
        if (value !== undefined) found.push({ ...value, part, name: `Part ${part.index} of ${part.count}` });
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        damaged.push(error);
      }
    }
    return { found, damaged };
  }

  pathOf({ index, count }: Part): string {
    return join(this.folder, `part-${index}-of-${count}.json`);
  }

  /**
   * Once its output is made, it is gone at once; what lies in it may follow later, for a log that is still written cannot be
   * removed on NFS (https://nfs.sourceforge.net/#faq_d2).
   */
  async remove(): Promise<void> {
    const leaving = temporaryPath(this.folder);
    await rename(this.folder, leaving).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw writeError(error, this.folder);
    });
    await rm(leaving, { recursive: true, force: true }).catch(() => undefined);
  }

  private get requestPath(): string {
    return join(this.folder, REQUEST_FILE);
  }
}

function textOf(kind: Divisible, request: unknown): string {
  return `${JSON.stringify({ kind, request }, null, 2)}\n`;
}
