import { isDeepStrictEqual } from 'node:util';
import type { Document } from '../../types.ts';

/** Deeper than that, and beyond so much of a text, documents are compared only where all else is the same. */
const KEY_DEPTH = 4;
const KEY_TEXT = 100;

/** Documents that are the same as one another. */
interface Twins {
  readonly first: Document;
  /** Their numbers, ascending. */
  readonly numbers: number[];
}

/** The documents that examples come from, by what they hold: each question is looked up, not compared with all of them. */
export class Pool {
  readonly documents: readonly Document[];
  private groups: Map<string, Twins[]> | undefined;

  constructor(documents: readonly Document[]) {
    this.documents = documents;
  }

  /** Those that are not the same as the question. */
  without(question: Document): Others {
    this.groups ??= grouped(this.documents);
    return new Others(this.documents, twinsOf(this.groups, question)?.numbers ?? []);
  }
}

/** Documents of a pool but for some, of which no list is made. */
export class Others {
  readonly length: number;
  private readonly documents: readonly Document[];
  private readonly leftOut: readonly number[];

  constructor(documents: readonly Document[], leftOut: readonly number[]) {
    this.documents = documents;
    this.leftOut = leftOut;
    this.length = documents.length - leftOut.length;
  }

  at(number: number): Document {
    const document = this.documents[number + this.leftOutBefore(number)];
    if (document === undefined) throw new Error(`A pool has no other document ${number}.`);
    return document;
  }

  /** How many of those left out stand before the other one with that number. */
  private leftOutBefore(number: number): number {
    let [low, high] = [0, this.leftOut.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.leftOut[middle] ?? 0) - middle <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function grouped(documents: readonly Document[]): Map<string, Twins[]> {
  const groups = new Map<string, Twins[]>();
  for (const [i, document] of documents.entries()) {
    const twins = twinsOf(groups, document);
    if (twins) {
      twins.numbers.push(i);
      continue;
    }
    const key = keyOf(document);
    groups.set(key, [...(groups.get(key) ?? []), { first: document, numbers: [i] }]);
  }
  return groups;
}

function twinsOf(groups: ReadonlyMap<string, readonly Twins[]>, document: Document): Twins | undefined {
  return groups.get(keyOf(document))?.find(({ first }) => isDeepStrictEqual(first, document));
}

/** The same of documents that are the same. */
function keyOf(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? `${value.length}${value.slice(0, KEY_TEXT)}` : String(value);
  if (depth >= KEY_DEPTH) return '';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, inner]) => `${name}:${keyOf(inner, depth + 1)}`).join();
}
