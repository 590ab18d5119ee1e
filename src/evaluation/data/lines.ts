import { InputError } from '../../base/errors.ts';
import { formatBytes } from '../../base/format.ts';
import { chunksOf, type Reading } from './dataFile.ts';

/** Of a line of JSON Lines, and of a record of CSV. */
export const MAX_LINE_BYTES = 64_000_000;
const NEWLINE = 10;

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a text file; a carriage return stays at the end, where neither JSON nor CSV minds it.
 * @throws InputError naming a line that is longer than 64 MB or not UTF-8
 */
export async function* linesOf({ file, signal }: Pick<Reading, 'file' | 'signal'>): AsyncGenerator<Line> {
  let number = 0;
  let pieces: Uint8Array[] = [];
  let length = 0;
  const add = (piece: Uint8Array): void => {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_LINE_BYTES)
      throw new InputError(`${file.path}, line ${number + 1} is longer than ${formatBytes(MAX_LINE_BYTES)}.`);
  };
  const take = (): Line => {
    number++;
    const bytes = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    [pieces, length] = [[], 0];
    return { number, text: decode(bytes ?? new Uint8Array(), `${file.path}, line ${number}`) };
  };
  for await (const chunk of chunksOf({ file, signal })) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, to));
      from = to + 1;
      yield take();
    }
    add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}

/** @throws InputError if the bytes are not UTF-8, as Python's strict decoding does */
export function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new InputError(`${what} is not UTF-8 text.`, 'Save the file in UTF-8.', { cause: error });
  }
}
