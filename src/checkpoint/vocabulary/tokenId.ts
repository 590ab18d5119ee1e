import { InputError } from '../../base/errors.ts';

/**
 * Sixteen times the largest vocabulary known. Tables are kept by id, so that one absurd id in a small file would
 * otherwise take all memory.
 */
const MAX_ID = 2 ** 22;

/**
 * @param path the file that gives the id, as a person knows it
 * @throws InputError if it is no row number
 */
export function tokenId(value: unknown, token: string, path: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MAX_ID) return value;
  const shown = JSON.stringify(value) as string | undefined;
  throw new InputError(
    `${path} gives the token ${JSON.stringify(token.slice(0, 40))} the id ${shown?.slice(0, 40) ?? 'nothing'}, ` +
      'which is not a row number.',
  );
}

/** The id as the key of a JSON object: "32000". */
export function tokenIdOfKey(key: string, token: string, path: string): number {
  return tokenId(/^\d{1,9}$/.test(key) ? Number(key) : key, token, path);
}
