import { InputError } from '../../base/errors.ts';
import type { Request } from '../types.ts';
import { encodePair, encodeText, prefixToken } from '../tokenizer/encode.ts';
import type { BosMode } from '../request.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { rollingWindows } from './rollingWindows.ts';

const SHOWN = 60;

/** What a network is fed for one log-likelihood: the last `targets.length` of its places predict the targets. */
export interface Sequence {
  readonly input: readonly number[];
  readonly targets: readonly number[];
  /** Tokens that were cut off on the left. */
  readonly truncated: number;
}

export interface Encoding {
  readonly tokenizer: Tokenizer;
  readonly bos: BosMode;
  /** Tokens that the model takes. */
  readonly maxLength: number;
}

/** The sequences of a request whose log-likelihoods add up to its answer: one, or the windows of a rolling one. */
export function sequencesOf(
  request: Exclude<Request, { kind: 'generate_until' }>,
  encoding: Encoding,
): readonly Sequence[] {
  const { tokenizer, bos, maxLength } = encoding;
  if (request.kind === 'loglikelihood') {
    const { context, continuation } = encodePair(tokenizer, request.context, request.continuation, bos);
    assertTokens(request, context, continuation);
    return [truncated(context, continuation, maxLength)];
  }
  const tokens = encodeText(tokenizer, request.text, bos);
  const prefix = prefixToken(tokenizer);
  if (prefix === undefined)
    throw new InputError(
      'The tokenizer has neither a BOS nor an EOS token to begin a text with.',
      'Name one of them in tokenizer_config.json.',
    );
  const windows = rollingWindows(tokens, prefix, maxLength, 1);
  return windows.map(({ context, continuation }) => truncated(context, continuation, maxLength));
}

/** lm-eval asserts the same (models/huggingface.py, `_loglikelihood_tokens`). */
function assertTokens(
  { context: text, continuation: answer }: { readonly context: string; readonly continuation: string },
  context: readonly number[],
  continuation: readonly number[],
): void {
  if (continuation.length === 0)
    throw new InputError(
      `The answer ${JSON.stringify(answer)} after ${excerpt(text)} has no tokens, and nothing can be scored.`,
      'Every choice needs a text of its own.',
    );
  if (context.length === 0)
    throw new InputError(
      `The context ${JSON.stringify(text)} has no tokens, and without a BOS token nothing comes before the answer ${excerpt(answer)}.`,
      'Give the prompt a text, or evaluate with --bos on.',
    );
}

/** The end of a text, in one line. */
function excerpt(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `…${text.slice(-SHOWN)}` : text);
}

/**
 * `(context + continuation)[-(maxLength + 1):][:-1]` (lm-eval, `HFLM._loglikelihood_tokens`).
 *
 * @throws InputError if not even the continuation fits
 */
export function truncated(context: readonly number[], continuation: readonly number[], maxLength: number): Sequence {
  if (continuation.length > maxLength)
    throw new InputError(`A continuation of ${continuation.length} tokens does not fit into a model of ${maxLength}.`);
  const whole = [...context, ...continuation];
  const cut = Math.max(0, whole.length - (maxLength + 1));
  return { input: whole.slice(cut, -1), targets: continuation, truncated: cut };
}
