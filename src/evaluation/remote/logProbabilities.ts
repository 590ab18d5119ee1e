import { UserError } from '../../base/errors.ts';
import type { Choice } from './responses.ts';

/** How a server tells log-probabilities of tokens that it is given. */
export type Scoring = 'echo' | 'prompt_logprobs' | 'forced tokens';

export interface Score {
  readonly logProbability: number;
  readonly greedy: boolean;
}

/** vLLM's floor for what has no probability (`max(logprob, -9999.0)`); llama-server's is the least float32 number. */
const FLOOR = -9999;

/**
 * Of a prompt that was echoed: lm-eval's parse_logprobs (openai_completions.py), that is the sum of the continuation's
 * log-probabilities in order, and greedy where each equals the highest of its position. lm-eval takes it that one new
 * token ends the list; a server that leaves out an end of sequence is understood here too.
 *
 * @param prompt tokens of context and continuation
 * @param context tokens of the context
 */
export function scoreOfEcho(choice: Choice, prompt: number, context: number): Score {
  const chosen = choice.logprobs?.token_logprobs ?? [];
  const top = choice.logprobs?.top_logprobs ?? [];
  if (chosen.length !== prompt && chosen.length !== prompt + 1) throw otherLength(chosen.length, prompt);
  return scoreOf(
    chosen.slice(context, prompt).map((value, i) => {
      const best = top[context + i];
      return [value, best == null ? undefined : Math.max(...Object.values(best))];
    }),
  );
}

/** Of vLLM's prompt_logprobs, which name tokens by id. */
export function scoreOfPromptLogprobs(choice: Choice, prompt: readonly number[], context: number): Score {
  const positions = choice.prompt_logprobs ?? [];
  if (positions.length !== prompt.length) throw otherLength(positions.length, prompt.length);
  return scoreOf(
    prompt.slice(context).map((token, i) => {
      const entries = positions[context + i] ?? {};
      const best = Math.max(...Object.values(entries).map(({ logprob }) => logprob));
      return [entries[String(token)]?.logprob, best];
    }),
  );
}

/** @param positions the log-probability of the token that is asked about, and the highest of the position */
export function scoreOf(
  positions: readonly (readonly [chosen: number | null | undefined, best: number | undefined])[],
): Score {
  let logProbability = 0;
  let greedy = true;
  for (const [chosen, best] of positions) {
    if (chosen == null || best === undefined || !Number.isFinite(best))
      throw new UserError(
        'The server left out log-probabilities of a prompt.',
        'vLLM gives them unless it was started with --max-logprobs 0.',
      );
    logProbability += Math.max(FLOOR, chosen);
    greedy &&= chosen === best;
  }
  return { logProbability, greedy };
}

function otherLength(got: number, expected: number): UserError {
  if (got <= 1)
    return new UserError(
      'The server tells no log-probabilities of the prompt ("echo" with "logprobs").',
      'Check the endpoint again: there may be another way to them.',
    );
  return new UserError(
    `The server counts ${got} tokens where ${expected} were sent: its answer is about other text.`,
    'Send token ids instead of text, or use the tokenizer of the model that is served.',
  );
}
