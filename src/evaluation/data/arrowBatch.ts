import type { Batch } from '@uwdata/flechette';
import { InputError } from '../../base/errors.ts';

/** The smallest value is a bit; the column of nulls, which has none, is never alone. */
const VALUES_PER_BYTE = 8;

/**
 * What pyarrow's Table.validate(full=True) checks and flechette does not: lengths that the bytes cannot hold, and offsets
 * that run backwards or past the end, would be read as values for hours.
 *
 * @param bytes of the batch's message
 * @throws InputError naming the column
 */
export function checkBatch(batch: Batch<unknown>, bytes: number, place: string): void {
  const { length, offsets, children } = batch as Partial<Batch<unknown>>;
  const fits = length !== undefined && length >= 0 && length <= bytes * VALUES_PER_BYTE;
  if (!fits || (offsets !== undefined && !areSound(offsets, length, endOf(batch))))
    throw new InputError(`${place} is damaged: its lengths do not fit.`);
  for (const child of children ?? []) checkBatch(child as Batch<unknown>, bytes, place);
}

/** How far offsets may lead: into the elements of a list, or the bytes of a text. */
function endOf({ children, values }: Partial<Batch<unknown>>): number {
  return (children?.[0] as Batch<unknown> | undefined)?.length ?? values?.length ?? 0;
}

/** One offset more than there are values; what follows them means nothing. */
function areSound(offsets: ArrayLike<number | bigint>, length: number, end: number): boolean {
  if (length > 0 && offsets.length <= length) return false;
  let last = 0;
  for (let i = 0; i <= length && length > 0; i++) {
    const offset = Number(offsets[i]);
    if (!(offset >= last && offset <= end)) return false;
    last = offset;
  }
  return true;
}
