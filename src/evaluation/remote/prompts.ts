import { yieldToEvents } from '../../base/abort.ts';
import { InputError } from '../../base/errors.ts';
import { rollingWindows, type TokenPair } from '../scoring/rollingWindows.ts';
import type { Request } from '../types.ts';

/** The tokenizer of the model that is served. */
export interface PromptTokens {
  /** As lm-eval's _encode_pair (api/model.py); the context is never empty, but at least the prefix token. */
  encodePair(context: string, continuation: string): TokenPair;
  encode(text: string): readonly number[];
  /** What stands before the first token of a text: the begin of a sequence, else its end. */
  readonly prefixToken: number | undefined;
}

/** Tokens to be scored. A text of several windows has a prompt for each. */
export interface Prompt {
  readonly request: number;
  readonly part: number;
  /** Of context and continuation. */
  readonly tokens: readonly number[];
  /** How many of them are the context. */
  readonly context: number;
  /** Tokens that the context lost on its left. */
  readonly truncated: number;
  /** What to send where the server takes no token ids. */
  readonly text: string;
}

export interface PromptOptions {
  readonly tokens: PromptTokens;
  /** Tokens that the model takes in, the new one included. */
  readonly maxLength: number;
  /** Token ids are sent; a server that is sent text splits it by itself. */
  readonly sendTokens: boolean;
}

const REQUESTS_AT_ONCE = 200;

/**
 * The prompts of all requests for log-likelihoods, longest first (lm-eval's Collator, models/utils.py), so that what
 * does not fit fails at the beginning.
 */
export async function promptsOf(
  requests: readonly Request[],
  options: PromptOptions,
  signal: AbortSignal,
): Promise<Prompt[]> {
  const prompts: Prompt[] = [];
  for (const [index, request] of requests.entries()) {
    if (index % REQUESTS_AT_ONCE === 0) await yieldToEvents(signal);
    if (request.kind === 'loglikelihood') {
      const pair = options.tokens.encodePair(request.context, request.continuation);
      prompts.push(promptOf(pair, request.context + request.continuation, options, index, 0));
    }
    if (request.kind === 'loglikelihood_rolling')
      for (const [part, pair] of windowsOf(request.text, options).entries())
        prompts.push(promptOf(pair, request.text, options, index, part));
  }
  return prompts.sort((a, b) => wholeLength(b) - wholeLength(a) || compareTokens(a.tokens, b.tokens));
}

/** lm-eval's loglikelihood_rolling of API models: one token less, for the one that the server makes. */
function windowsOf(text: string, { tokens, maxLength, sendTokens }: PromptOptions): TokenPair[] {
  if (tokens.prefixToken === undefined)
    throw new InputError(
      'The tokenizer has neither a BOS nor an EOS token to begin a text with.',
      'Name one of them in tokenizer_config.json.',
    );
  const windows = rollingWindows(tokens.encode(text), tokens.prefixToken, maxLength - 2, 1);
  if (windows.length > 1 && !sendTokens)
    throw new InputError(
      'A text is longer than the model, and its windows can only be sent as token ids.',
      'Use a server that takes token ids, such as vLLM.',
    );
  return windows;
}

/** Left truncation as lm-eval's batch_loglikelihood_requests (models/api_models.py). */
function promptOf(
  { context, continuation }: TokenPair,
  text: string,
  { maxLength, sendTokens }: PromptOptions,
  request: number,
  part: number,
): Prompt {
  const truncated = Math.max(0, context.length + continuation.length - (maxLength - 1));
  if (truncated >= context.length)
    throw new InputError(
      `A continuation of ${continuation.length} tokens leaves no room for its context: the model takes ${maxLength}.`,
    );
  if (truncated > 0 && !sendTokens)
    throw new InputError(
      'A prompt is longer than the model, and can only be cut if it is sent as token ids.',
      'Use a server that takes token ids, such as vLLM.',
    );
  const tokens = [...context.slice(truncated), ...continuation];
  return { request, part, tokens, context: context.length - truncated, truncated, text };
}

function wholeLength({ tokens, truncated }: Prompt): number {
  return tokens.length + truncated;
}

function compareTokens(a: readonly number[], b: readonly number[]): number {
  for (const [i, token] of a.entries()) {
    const difference = token - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
