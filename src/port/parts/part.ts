import { InputError } from '../../base/errors.ts';
import { plural } from '../../base/format.ts';

/** One of the parts that a job is divided into, from 1 on. */
export interface Part {
  readonly index: number;
  readonly count: number;
}

/**
 * The things that a part has to do: every count-th. All parts together have each of them once.
 *
 * @throws InputError if there are more parts than things
 */
export function partOf<T>(things: readonly T[], { index, count }: Part, what: string): T[] {
  if (count > things.length)
    throw new InputError(
      `The output has ${plural(things.length, what)}, so it cannot be divided into ${count} parts.`,
      `Ask for ${things.length} parts at most.`,
    );
  return things.filter((_, at) => at % count === index - 1);
}

/** `2/8`. @throws InputError if it is no part */
export function parsePart(text: string): Part {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const part = { index: Number(index), count: Number(count) };
  if (part.index >= 1 && part.index <= part.count) return part;
  throw new InputError(`${text} is no part: it must be like 2/8, the second of eight.`);
}
