import type { Workload } from '../../model/weights/memory.ts';
import { rowsAtOnce } from '../scoring/generation.ts';
import type { Encoding } from '../scoring/sequences.ts';
import { encodePair, encodeText } from '../tokenizer/encode.ts';
import type { Item, Request } from '../types.ts';

/** Tokens of a batch: enough to keep two cores busy, and to pay for widening mapped weights once for many. */
export const BATCH_TOKENS = 1024;
const STATES = 512;
/** The longest texts have the most tokens, or nearly so. */
const LOOKED_AT = 16;

/** What these items ask of the memory, by their longest texts. */
export function workOf(items: readonly Item[], encoding: Encoding, batchTokens: number): Omit<Workload, 'replaced'> {
  const requests = items.flatMap((item) => item.requests);
  const scored = requests.filter(({ kind }) => kind !== 'generate_until');
  const generated = requests.filter((request) => request.kind === 'generate_until');
  const newTokens = Math.max(0, ...new Set(generated.map(({ generation }) => generation.maxTokens)));
  const longest = longestOf(scored, encoding);
  const prompt = longestOf(generated, encoding);
  const rows = generated.length === 0 ? 0 : rowsAtOnce(prompt + newTokens, batchTokens);
  return {
    tokens: Math.max(longest, rows * prompt, scored.length === 0 ? 0 : batchTokens),
    longest: Math.max(longest, prompt),
    states: STATES,
    masked: items.some((item) => item.requests.length > 1),
    cached: rows * (prompt + newTokens),
  };
}

function longestOf(requests: readonly Request[], encoding: Encoding): number {
  const longest = requests.toSorted((a, b) => charactersOf(b) - charactersOf(a)).slice(0, LOOKED_AT);
  return Math.min(encoding.maxLength, Math.max(0, ...longest.map((request) => tokensOf(request, encoding))));
}

function charactersOf(request: Request): number {
  if (request.kind === 'loglikelihood_rolling') return request.text.length;
  return request.context.length + (request.kind === 'loglikelihood' ? request.continuation.length : 0);
}

function tokensOf(request: Request, { tokenizer, bos }: Encoding): number {
  if (request.kind === 'loglikelihood') {
    const { context, continuation } = encodePair(tokenizer, request.context, request.continuation, bos);
    return context.length + continuation.length;
  }
  return encodeText(tokenizer, request.kind === 'generate_until' ? request.context : request.text, bos).length;
}
