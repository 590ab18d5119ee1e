import type { CompressionCodec, ParquetType } from 'hyparquet';
import { checkDeltas } from './delta.ts';
import { MAX_DECIMAL } from './footer.ts';
import type { Allowance } from './pages.ts';
import { checkRuns } from './runs.ts';

/** What is known of a column from the schema. */
export interface Leaf {
  readonly codec: CompressionCodec;
  readonly type: ParquetType;
  readonly typeLength: number;
  readonly isDecimal: boolean;
  /** Of the schema. */
  readonly depth: number;
  /** The highest definition level. */
  readonly definition: number;
  /** The highest repetition level. */
  readonly repetition: number;
}

const [PLAIN, PLAIN_DICTIONARY, RLE, DELTAS, DELTA_LENGTHS, DELTA_TEXTS, DICTIONARY, SPLIT] = [0, 2, 3, 5, 6, 7, 8, 9];

/** Values of a page that is decompressed, from the place where its levels end. @throws Error saying what is wrong */
export function checkValues(
  page: Uint8Array,
  at: number,
  encoding: number,
  count: number,
  leaf: Leaf,
  allowance: Allowance,
  isSecond = false,
): void {
  if (count === 0) return;
  switch (encoding) {
    case PLAIN:
    case SPLIT:
      if (count * leastBits(leaf) > 8 * (page.length - at)) throw new Error('a page ends before its values do');
      if (leaf.isDecimal && leaf.type === 'BYTE_ARRAY') checkDecimals(page, at, count);
      return;
    case RLE:
    case PLAIN_DICTIONARY:
    case DICTIONARY:
      // Truths have their length before them, and indices their width.
      if (leaf.type === 'BOOLEAN' || (isSecond && encoding === RLE)) checkRuns(page, at + 4, 1, count);
      else checkRuns(page, at + 1, page[at] ?? 0, page[at] === 0 && !isSecond ? 0 : count);
      return;
    case DELTAS:
      checkDeltas(page, at, count);
      return;
    case DELTA_LENGTHS:
      checkDeltas(page, at, count, (length) => checkLength(length, leaf));
      return;
    case DELTA_TEXTS:
      checkPrefixed(page, at, count, leaf, allowance);
      return;
    default:
      throw new Error('a page is encoded in a way that is not known');
  }
}

function leastBits({ type, typeLength }: Leaf): number {
  switch (type) {
    case 'BOOLEAN':
      return 1;
    case 'INT64':
    case 'DOUBLE':
      return 64;
    case 'INT96':
      return 96;
    case 'FIXED_LEN_BYTE_ARRAY':
      return 8 * typeLength;
    default:
      return 32;
  }
}

/** They become numbers digit by digit. */
function checkLength(length: number, { isDecimal }: Pick<Leaf, 'isDecimal'>): void {
  if (length < 0 || (isDecimal && length > MAX_DECIMAL)) throw new Error('a value has an impossible length');
}

function checkDecimals(page: Uint8Array, start: number, count: number): void {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let at = start;
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(at, true);
    checkLength(length, { isDecimal: true });
    at += 4 + length;
  }
}

/** Each text begins as the one before it, so that a few bytes can become any number. */
function checkPrefixed(page: Uint8Array, at: number, count: number, leaf: Leaf, allowance: Allowance): void {
  const prefixes: number[] = [];
  const next = checkDeltas(page, at, count, (length) => prefixes.push(length));
  let [i, before] = [0, 0];
  checkDeltas(page, next, count, (length) => {
    const prefix = prefixes[i++] ?? 0;
    checkLength(Math.min(length, prefix), { isDecimal: false });
    checkLength(prefix + length, leaf);
    if (prefix > before) throw new Error('a value begins as more than there was before it');
    before = prefix + length;
    allowance.bytes -= before;
    if (allowance.bytes < 0) throw new Error('it would become too large when it is unpacked');
  });
}
