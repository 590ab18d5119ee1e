import { InputError } from '../base/errors.ts';
import type { Architecture } from './architecture.ts';

/** @throws InputError if the vocabulary has no such token: the providers would read anything, or nothing */
export function assertTokens({ vocabulary }: Pick<Architecture, 'vocabulary'>, tokens: Iterable<number>): void {
  for (const token of tokens)
    if (!Number.isInteger(token) || token < 0 || token >= vocabulary)
      throw new InputError(
        `The model has ${vocabulary} tokens, and none of number ${token}.`,
        'Do the tokenizer and the model belong together?',
      );
}

/** @throws InputError if a network computed NaN or infinity */
export function assertFinite(value: number | undefined): number {
  if (value === undefined || !Number.isFinite(value))
    throw new InputError(
      'The model computes NaN or infinity.',
      'Its weights, or those of a patch, are damaged, or their numbers are too large for float32.',
    );
  return value;
}
