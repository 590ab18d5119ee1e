import { UserError } from '../../base/errors.ts';
import { type Question, SEED } from './echoed.ts';
import { type Score, scoreOf } from './logProbabilities.ts';
import type { Prompt } from './prompts.ts';
import { type Choice, COMPLETION } from './responses.ts';
import { sendForJson } from './send.ts';

/** OpenAI's highest; the token is taken whatever the model thinks of it. */
const BIAS = 100;

/** Of a token after a prompt, and of the likeliest one. */
export type Position = readonly [chosen: number, best: number | undefined];

/**
 * Each token of the continuation is forced by a bias, and its log-probability read as that of a new token, which both
 * servers tell from before the bias. For llama-server, whose completions ignore `echo` (ggml-org/llama.cpp #27174; raw
 * logits in populate_token_probs, tools/server/server-context.cpp), and for vLLM with adapters, whose prompts are scored
 * without an adapter's lm_head or not at all (vllm-project/vllm #51594, #16668; `--logprobs-mode raw_logprobs`). One
 * request a token; servers keep what they computed of the prompt.
 */
export async function scoreByForcing(question: Question, prompt: Prompt, signal: AbortSignal): Promise<Score> {
  const positions: Position[] = [];
  for (let length = prompt.context; length < prompt.tokens.length; length++)
    positions.push(await forcedToken(question, prompt.tokens.slice(0, length), prompt.tokens[length] ?? -1, signal));
  return scoreOf(positions);
}

export async function forcedToken(
  { server, model }: Omit<Question, 'sendTokens'>,
  prompt: readonly number[],
  token: number,
  signal: AbortSignal,
): Promise<Position> {
  const body = {
    model,
    prompt: [prompt],
    temperature: 0,
    max_tokens: 1,
    seed: SEED,
    logprobs: 1,
    logit_bias: { [token]: BIAS },
    return_tokens_as_token_ids: true,
  };
  const { choices } = await sendForJson(server, `${server.v1}/completions`, body, COMPLETION, signal);
  const position = positionOf(choices[0], token);
  if (position !== undefined) return position;
  throw new UserError(
    'The server did not take the token that it was asked about, or does not tell which one it took.',
    'Start it without a grammar and without speculative decoding, and update it.',
  );
}

/** llama-server answers with objects that have ids; vLLM with lists, and `token_id:5` where it was asked to. */
function positionOf(choice: Choice | undefined, token: number): Position | undefined {
  const { content, tokens, token_logprobs: chosen, top_logprobs: top } = choice?.logprobs ?? {};
  const object = content?.[0];
  if (object?.id === token) return [object.logprob, object.top_logprobs[0]?.logprob];
  if (tokens?.[0] !== `token_id:${token}` || chosen?.[0] == null || top?.[0] == null) return undefined;
  return [chosen[0], Math.max(...Object.values(top[0]))];
}
