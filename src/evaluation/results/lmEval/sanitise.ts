import { sha256Of } from '../../../base/hash.ts';
import { reprFloat } from '../../tasks/python/repr.ts';

/** Of the 255 that file systems allow, without "samples_", a date and an ending. */
const MAX_BYTES = 200;
const HASH_DIGITS = 16;

/** lm-eval's sanitize_list (lm_eval/utils.py): every leaf becomes text. Numbers are floats: log-probabilities. */
export function sanitiseList(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sanitiseList);
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return reprFloat(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return value === null || value === undefined ? 'None' : JSON.stringify(value);
}

/**
 * lm-eval's sanitize_model_name; control characters, which it leaves, and half characters go too, and of a name that is too
 * long for a file its beginning and its hash stay.
 */
export function sanitiseName(name: string): string {
  const plain = name.replace(/["<>:/|\\?*[\]\p{Cc}\p{Cs}]+/gu, '__');
  if (Buffer.byteLength(plain) <= MAX_BYTES) return plain;
  const hash = sha256Of(name).slice(0, HASH_DIGITS);
  const beginning = Buffer.from(plain).toString('utf8', 0, MAX_BYTES - HASH_DIGITS - 1);
  return `${beginning.replace(/\uFFFD+$/, '')}~${hash}`;
}
