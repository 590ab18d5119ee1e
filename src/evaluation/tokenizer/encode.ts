import { InputError } from '../../base/errors.ts';
import type { BosMode } from '../request.ts';
import type { Tokenizer } from './tokenizer.ts';
import { beforeSpaces } from './unicode.ts';

export interface EncodedPair {
  readonly context: number[];
  readonly continuation: number[];
}

/**
 * TemplateLM.loglikelihood and ._encode_pair of lm-eval 0.4.13 (api/model.py), for causal models: the white space that
 * ends the context goes to the continuation, and the two are encoded as one text, so that a merge over the border is
 * the continuation's.
 */
export function encodePair(tokenizer: Tokenizer, context: string, continuation: string, bos: BosMode): EncodedPair {
  if (context === '') return afterPrefix(tokenizer, tokenizer.encode(continuation, { special: false }));
  const trimmed = context.slice(0, beforeSpaces(context, context.length));
  const whole = encodeText(tokenizer, context + continuation, bos);
  const encoded = encodeText(tokenizer, trimmed, bos);
  return { context: encoded, continuation: whole.slice(encoded.length) };
}

/** Without a context, the prefix token is the context, unless the continuation begins with it. */
function afterPrefix(tokenizer: Tokenizer, ids: number[]): EncodedPair {
  const prefix = prefixToken(tokenizer);
  if (prefix === undefined)
    throw new InputError(
      'The tokenizer has no BOS and no EOS token, so that a text without a context cannot be scored.',
      'Name one of them in tokenizer_config.json.',
    );
  if (prefix === ids[0]) return { context: ids.slice(0, 1), continuation: ids.slice(1) };
  return { context: [prefix], continuation: ids };
}

/** HFLM.tok_encode of lm-eval 0.4.13 (models/huggingface.py). */
export function encodeText(tokenizer: Tokenizer, text: string, bos: BosMode): number[] {
  if (bos === 'off' || beginsWithPrefix(tokenizer, text)) return tokenizer.encode(text, { special: false });
  return tokenizer.encode(text, { special: bos === 'on' ? 'bos' : true });
}

function beginsWithPrefix(tokenizer: Tokenizer, text: string): boolean {
  const prefix = prefixToken(tokenizer);
  return prefix !== undefined && text.startsWith(tokenizer.decode([prefix]));
}

/** HFLM.prefix_token_id: BOS, else EOS. */
export function prefixToken(tokenizer: Tokenizer): number | undefined {
  return (tokenizer.bos ?? tokenizer.eos)?.id;
}
