import { SplitPreTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { InputError } from '../../base/errors.ts';

/** The package's types name each other without extensions, so that TypeScript finds none of them under NodeNext. */
declare module '@huggingface/tokenizers' {
  export class SplitPreTokenizer {
    constructor(config: { type: 'Split'; pattern: { Regex: string }; invert: boolean });
    readonly pattern: RegExp | null;
  }
}

export const PATTERN = z.union([z.object({ String: z.string() }), z.object({ Regex: z.string() })]);
export type Pattern = z.output<typeof PATTERN>;

/**
 * The tokenizers library matches with Oniguruma, whose syntax and classes differ from JavaScript's. Its JavaScript
 * sibling translates: over all assigned code points the patterns of the known families agree with the original.
 *
 * @throws InputError if JavaScript cannot express the pattern
 */
export function regExpOf(source: string, path: string): RegExp {
  try {
    const { pattern } = new SplitPreTokenizer({ type: 'Split', pattern: { Regex: source }, invert: false });
    if (pattern !== null) return pattern;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new InputError(`${path} has a regular expression that PortLLM cannot use: ${source}`);
}
