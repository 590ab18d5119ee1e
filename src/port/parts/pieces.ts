import { link, mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type * as z from 'zod';
import { InputError, writeError } from '../../base/errors.ts';
import { PART_RECORD } from '../../base/partRecord.ts';
import type { PartsFolder } from '../../base/partsFolder.ts';
import { getSealed, putSealed } from '../../base/sealed.ts';
import { temporaryPath } from '../../base/temporary.ts';
import { FINISHED_SHARD, type FinishedShard } from '../output/finishedShards.ts';

const PIECE = PART_RECORD.extend({ shard: FINISHED_SHARD });
export type Piece = z.output<typeof PIECE>;

/** The shards that the parts of a port leave, by their names, each with a record that is sealed. */
export class Pieces {
  private readonly parts: PartsFolder;

  constructor(parts: PartsFolder) {
    this.parts = parts;
  }

  /** Gives a shard that is on the disk its name, and the record beside it. One that is there has the same bytes. */
  async add(written: string, piece: Piece): Promise<void> {
    const path = this.pathOf(piece.shard.name);
    await rename(written, path).catch((error: unknown) => {
      throw writeError(error, path);
    });
    await putSealed(this.recordOf(piece.shard.name), piece);
  }

  /** A folder for a shard in the making. */
  async workplace(): Promise<string> {
    const folder = temporaryPath(join(this.parts.folder, 'shard'));
    await mkdir(folder);
    return folder;
  }

  /** The record of a shard. @throws InputError if it or the shard was damaged */
  async get(name: string): Promise<Piece | undefined> {
    const piece = await getSealed(this.recordOf(name), PIECE);
    if (piece === undefined) return undefined;
    const size = await stat(this.pathOf(name)).then(
      (stats) => stats.size,
      () => undefined,
    );
    if (piece.shard.bytes === size) return piece;
    throw new InputError(`${this.pathOf(name)} was damaged.`, 'Write this part again.');
  }

  /** Those that are not there yet, or were written under another key, or damaged. */
  async without<T extends { readonly name: string }>(key: string, shards: readonly T[]): Promise<T[]> {
    const missing: T[] = [];
    for (const shard of shards)
      if ((await this.get(shard.name).catch(() => undefined))?.key !== key) missing.push(shard);
    return missing;
  }

  /** Those that are there and whole. */
  async among(shards: readonly { readonly name: string }[]): Promise<Piece[]> {
    const found = await Promise.all(shards.map(({ name }) => this.get(name).catch(() => undefined)));
    return found.flatMap((piece) => piece ?? []);
  }

  /** Puts a shard into another folder too, without copying it. */
  async put({ name }: FinishedShard, folder: string): Promise<void> {
    await link(this.pathOf(name), join(folder, name));
  }

  /** Of a shard: it is there once the shard is. */
  recordOf(name: string): string {
    return join(this.parts.folder, `${name}.json`);
  }

  private pathOf(name: string): string {
    return join(this.parts.folder, name);
  }
}
