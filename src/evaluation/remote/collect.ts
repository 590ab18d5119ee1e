import type { Answer, Request } from '../types.ts';
import type { Score } from './logProbabilities.ts';
import type { Prompt } from './prompts.ts';

export type OnAnswer = (index: number, answer: Answer) => void;

/**
 * Takes scores as they come and answers a request when it has them all: the windows of a text are added in their order,
 * because float64 sums depend on it.
 */
export function collector(
  requests: readonly Request[],
  prompts: readonly Prompt[],
  onAnswer: OnAnswer,
): (prompt: Prompt, score: Score) => void {
  const missing = new Map<number, number>();
  for (const { request } of prompts) missing.set(request, (missing.get(request) ?? 0) + 1);
  const parts = new Map<number, { prompt: Prompt; score: Score }[]>();
  for (const [index, request] of requests.entries())
    if (request.kind === 'loglikelihood_rolling' && !missing.has(index))
      onAnswer(index, { kind: 'loglikelihood_rolling', logProbability: 0, tokens: 0 });
  return (prompt, found) => {
    const all = parts.get(prompt.request) ?? [];
    all[prompt.part] = { prompt, score: found };
    parts.set(prompt.request, all);
    const left = (missing.get(prompt.request) ?? 0) - 1;
    missing.set(prompt.request, left);
    if (left > 0) return;
    parts.delete(prompt.request);
    onAnswer(prompt.request, answerOf(requests[prompt.request]?.kind, all));
  };
}

function answerOf(kind: Request['kind'] | undefined, parts: readonly { prompt: Prompt; score: Score }[]): Answer {
  const logProbability = parts.reduce((sum, { score: { logProbability: part } }) => sum + part, 0);
  const tokens = parts.reduce((sum, { prompt }) => sum + prompt.tokens.length - prompt.context, 0);
  if (kind === 'loglikelihood_rolling') return { kind, logProbability, tokens };
  const greedy = parts.every(({ score }) => score.greedy);
  return { kind: 'loglikelihood', logProbability, greedy, tokens, truncated: parts[0]?.prompt.truncated ?? 0 };
}
