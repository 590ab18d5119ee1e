import { InputError } from '../base/errors.ts';
import { brief } from '../base/quote.ts';
import type { TensorFile } from './file.ts';

/** Twice the rows that a vocabulary may have here. */
const MOST_ROWS = 2 ** 23;

/**
 * safetensors allows any size beside a zero, and of a patch or a model tables are made that have as many rows: all others
 * have at least a few bits in the file for each.
 *
 * @throws InputError for a tensor without elements that says it is large
 */
export function assertEmptyAreSmall({ path, header }: Pick<TensorFile, 'path' | 'header'>): void {
  for (const { name, shape } of header.tensors.values()) {
    const largest = shape.includes(0) ? Math.max(...shape) : 0;
    if (largest > MOST_ROWS)
      throw new InputError(`${path}: tensor "${brief(name)}" has no elements, and is ${largest} long.`);
  }
}
