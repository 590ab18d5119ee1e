import type { Feeds } from '../kernels/graphRuntime.ts';
import type { Architecture, Rope } from './architecture.ts';
import { ropeTable, type RopeFrequencies } from './rope.ts';
import { float32 } from './tensors.ts';

/** Tables grow in steps, so that few are made. */
const STEP = 256;

interface Tables {
  /** Of each rope. */
  readonly frequencies: readonly RopeFrequencies[];
  readonly length: number;
  readonly feeds: Feeds;
}

/** A batch's cosines and sines, and for each row what is added to its positions to find them. */
export interface RopeFeeds {
  readonly tables: Feeds;
  readonly offsets: readonly number[];
}

/**
 * Cosines and sines as a body's inputs. Where frequencies depend on the length (longrope), each row is turned by those of its own
 * length, whatever the others of its batch are: their tables stand one after the other.
 */
export class RopeTables {
  private readonly ropes: readonly Rope[];
  private readonly made: Tables[] = [];

  constructor({ ropes }: Pick<Architecture, 'ropes'>) {
    this.ropes = ropes;
  }

  /**
   * @param lengths tokens of each row, up to its last position
   * @param places of a row: ONNX Runtime refuses a table that is shorter, though no position of a tree is that far
   */
  feeds(lengths: readonly number[], places = 0): RopeFeeds {
    const longest = Math.max(places, ...lengths);
    const kinds = lengths.map((length) => this.ropes.map((rope) => rope.frequencies(length)));
    const distinct = kinds.filter((kind, i) => kinds.findIndex((other) => isSame(other, kind)) === i);
    const tables = distinct.map((kind) => this.tables(kind, longest));
    const begins = tables.map((_, i) => tables.slice(0, i).reduce((sum, { length }) => sum + length, 0));
    return {
      tables: joined(tables.map(({ feeds }) => feeds)),
      offsets: kinds.map((kind) => begins[distinct.findIndex((other) => isSame(other, kind))] ?? 0),
    };
  }

  private tables(frequencies: readonly RopeFrequencies[], length: number): Tables {
    const place = this.made.findIndex((tables) => isSame(tables.frequencies, frequencies));
    const known = this.made[place];
    if (known !== undefined && known.length >= length) return known;
    const rounded = Math.ceil(length / STEP) * STEP;
    const made = { frequencies, length: rounded, feeds: makeFeeds(frequencies, rounded) };
    if (known === undefined) this.made.push(made);
    else this.made[place] = made;
    return made;
  }
}

/** Whether sequences of two lengths are turned by the same angles, so that keys of the one can stay in a cache for the other. */
export function turnAlike({ ropes }: Pick<Architecture, 'ropes'>, one: number, other: number): boolean {
  return ropes.every((rope) => rope.frequencies(one) === rope.frequencies(other));
}

function isSame(one: readonly RopeFrequencies[], other: readonly RopeFrequencies[]): boolean {
  return one.every((frequencies, i) => frequencies === other[i]);
}

function makeFeeds(frequencies: readonly RopeFrequencies[], length: number): Feeds {
  return Object.fromEntries(
    frequencies.flatMap((one, i) => {
      const { cosines, sines } = ropeTable(one, length);
      const shape = [length, one.inverse.length];
      return [
        [`cosines_${i}`, float32(cosines, shape)],
        [`sines_${i}`, float32(sines, shape)],
      ];
    }),
  );
}

/** One table below the other. */
function joined(all: readonly Feeds[]): Feeds {
  const [first = {}] = all;
  if (all.length === 1) return first;
  return Object.fromEntries(
    Object.entries(first).map(([name, { shape }]) => {
      const parts = all.flatMap((feeds) => (feeds[name]?.data as Float32Array | undefined) ?? []);
      const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        data.set(part, at);
        at += part.length;
      }
      const [, half = 1] = shape;
      return [name, float32(data, [data.length / half, half])];
    }),
  );
}
