import { InputError } from './errors.ts';
import { plural } from './format.ts';

/** One of the parts that a job is divided into, from 1 on. */
export interface Part {
  readonly index: number;
  readonly count: number;
}

/** All parts of a job, in order. */
export function partsOf(count: number): Part[] {
  return Array.from({ length: count }, (_, at) => ({ index: at + 1, count }));
}

/**
 * The things that a part has to do: every count-th. All parts together have each of them once.
 *
 * @param what one of the things is called
 * @throws InputError if there are more parts than things
 */
export function partOf<T>(things: readonly T[], { index, count }: Part, what: string): T[] {
  assertDivisible(things.length, count, what);
  return things.filter((_, at) => at % count === index - 1);
}

/** As `partOf`, but neighbours stay together: [from, to) of so many things. */
export function rangeOf(total: number, { index, count }: Part, what: string): { readonly from: number; to: number } {
  assertDivisible(total, count, what);
  return { from: Math.floor((total * (index - 1)) / count), to: Math.floor((total * index) / count) };
}

/** @throws InputError if there are more parts than things */
export function assertDivisible(total: number, count: number, what: string): void {
  // `block of 128 items`: the first word is counted.
  const [thing = '', ...rest] = what.split(' ');
  const things = [plural(total, thing), ...rest].join(' ');
  if (count > total)
    throw new InputError(
      `There ${total === 1 ? 'is' : 'are'} ${things}, which cannot be divided into ${count} parts.`,
      `Ask for ${total} parts at most.`,
    );
}

/** `2/8`. @throws InputError if it is no part */
export function parsePart(text: string): Part {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const part = { index: Number(index), count: Number(count) };
  if (part.index >= 1 && part.index <= part.count) return part;
  throw new InputError(`${text} is no part: it must be like 2/8, the second of eight.`);
}
