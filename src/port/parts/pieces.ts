import { link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { errorCode, InputError, writeError } from '../../base/errors.ts';
import { readJsonFile } from '../../base/jsonFile.ts';
import { makeFolder } from '../../base/makeFolder.ts';
import { isSealed, writeSealed } from '../../base/sealed.ts';
import { hiddenName, temporaryPath } from '../../base/temporary.ts';
import { isThere } from '../../base/there.ts';
import { writeWhole } from '../../base/writeWhole.ts';
import { FINISHED_SHARD, type FinishedShard } from '../output/finishedShards.ts';
import type { PortRequest } from '../plan/planTypes.ts';
import { REQUEST } from './request.ts';

const REQUEST_FILE = 'request.json';

const PIECE = z.object({
  key: z.string(),
  portllm: z.string(),
  /** Whatever its bytes depend on of the machine. */
  device: z.string(),
  host: z.string(),
  shard: FINISHED_SHARD,
});
export type Piece = z.output<typeof PIECE>;

/**
 * The pieces of an output that is made in parts, in a hidden folder beside it: the shards by their names, each with a record
 * that is sealed. They may be written on many machines, twice or at once: each appears whole, with the bytes that it must
 * have, and there is nothing to lock.
 */
export class Pieces {
  readonly folder: string;

  private constructor(out: string) {
    const target = resolve(out);
    this.folder = join(dirname(target), hiddenName(basename(target), 'portllm-parts'));
  }

  /** For writing. @throws InputError if pieces of another port are there */
  static async begin(request: PortRequest): Promise<Pieces> {
    const pieces = new Pieces(request.out);
    const path = join(pieces.folder, REQUEST_FILE);
    const text = JSON.stringify(REQUEST.parse(request), null, 2);
    try {
      await makeFolder(pieces.folder);
      await writeWhole(path, `${text}\n`, false);
    } catch (error) {
      if (errorCode((error as Error).cause ?? error) !== 'EEXIST') throw writeError(error, pieces.folder);
    }
    if (JSON.stringify(await pieces.request(), null, 2) === text) return pieces;
    throw new InputError(
      `${pieces.folder} holds parts of another port to the same output.`,
      'Assemble that one, choose another output, or delete the folder.',
    );
  }

  /** For reading. @throws InputError if there are none */
  static of(out: string): Pieces {
    return new Pieces(out);
  }

  /** What the parts are parts of. @throws InputError if there are none */
  async request(): Promise<PortRequest> {
    const path = join(this.folder, REQUEST_FILE);
    return await readJsonFile(path, REQUEST);
  }

  /** Gives a shard that is on the disk its name, and the record beside it. One that is there has the same bytes. */
  async add(written: string, piece: Piece): Promise<void> {
    const record = this.recordOf(piece.shard.name);
    const temporary = temporaryPath(record);
    try {
      await rename(written, this.pathOf(piece.shard.name));
      await writeSealed(temporary, piece);
      await rename(temporary, record);
    } catch (error) {
      throw writeError(error, record);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** A folder for a shard in the making. */
  async workplace(): Promise<string> {
    const folder = temporaryPath(join(this.folder, 'shard'));
    await mkdir(folder);
    return folder;
  }

  /** The record of a shard. @throws InputError if it or the shard was damaged */
  async get(name: string): Promise<Piece | undefined> {
    const path = this.recordOf(name);
    if (!(await isThere(path))) return undefined;
    const piece = (await isSealed(path)) ? await readJsonFile(path, PIECE) : undefined;
    const size = await stat(this.pathOf(name)).then(
      (stats) => stats.size,
      () => undefined,
    );
    if (piece !== undefined && piece.shard.bytes === size) return piece;
    throw new InputError(`${piece === undefined ? path : this.pathOf(name)} was damaged.`, 'Write this part again.');
  }

  /** Those that are not there yet, or were written under another key, or damaged. */
  async without<T extends { readonly name: string }>(key: string, shards: readonly T[]): Promise<T[]> {
    const missing: T[] = [];
    for (const shard of shards)
      if ((await this.get(shard.name).catch(() => undefined))?.key !== key) missing.push(shard);
    return missing;
  }

  /** Puts a shard into another folder too, without copying it. */
  async put({ name }: FinishedShard, folder: string): Promise<void> {
    await link(this.pathOf(name), join(folder, name));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private pathOf(name: string): string {
    return join(this.folder, name);
  }

  private recordOf(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}
