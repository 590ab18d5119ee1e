import type { Request } from '../types.ts';
import { collector, type OnAnswer } from './collect.ts';
import { type Question, scoreByEcho, scoreByPromptLogprobs } from './echoed.ts';
import { type Endpoint, serverOf } from './endpoint.ts';
import { scoreByForcing } from './forced.ts';
import { generate, type GenerationRequest } from './generation.ts';
import type { Score, Scoring } from './logProbabilities.ts';
import { runAll, type Task } from './pool.ts';
import { type Prompt, type PromptOptions, promptsOf } from './prompts.ts';

export interface RemoteOptions extends PromptOptions {
  /** As the probe found it out. */
  readonly scoring?: Scoring;
  /** Its text, which ends a generation too. */
  readonly endOfSequence?: string;
}

const CONCURRENCY = 4;

/**
 * Answers come in any order, each once, and none after the promise is settled. The first failure ends everything.
 *
 * @throws UserError in words; CancelledError
 */
export async function answerRemotely(
  endpoint: Endpoint,
  requests: readonly Request[],
  options: RemoteOptions,
  onAnswer: OnAnswer,
  signal: AbortSignal,
): Promise<void> {
  const question = { server: serverOf(endpoint), model: endpoint.model, sendTokens: options.sendTokens };
  const prompts = await promptsOf(requests, options, signal);
  const tasks = [
    ...scoringTasks(question, requests, prompts, options.scoring ?? 'echo', endpoint.batch ?? 1, onAnswer),
    ...generationTasks(question, requests, options, onAnswer),
  ];
  await runAll(tasks, endpoint.concurrency ?? CONCURRENCY, signal);
}

function scoringTasks(
  question: Question,
  requests: readonly Request[],
  prompts: readonly Prompt[],
  scoring: Scoring,
  batch: number,
  onAnswer: OnAnswer,
): Task[] {
  const collect = collector(requests, prompts, onAnswer);
  return chunks(prompts, scoring === 'forced tokens' ? 1 : batch).map((chunk) => async (signal) => {
    const scores = await score(question, chunk, scoring, signal);
    for (const [i, prompt] of chunk.entries()) {
      const found = scores[i];
      if (found !== undefined) collect(prompt, found);
    }
  });
}

async function score(
  question: Question,
  prompts: readonly Prompt[],
  scoring: Scoring,
  signal: AbortSignal,
): Promise<Score[]> {
  if (scoring === 'echo') return scoreByEcho(question, prompts, signal);
  if (scoring === 'prompt_logprobs') return scoreByPromptLogprobs(question, prompts, signal);
  return Promise.all(prompts.map((prompt) => scoreByForcing(question, prompt, signal)));
}

function generationTasks(
  question: Question,
  requests: readonly Request[],
  options: RemoteOptions,
  onAnswer: OnAnswer,
): Task[] {
  return requests
    .map((request, index) => ({ request, index }))
    .filter((entry): entry is { request: GenerationRequest; index: number } => entry.request.kind === 'generate_until')
    .sort((a, b) => b.request.context.length - a.request.context.length)
    .map(({ request, index }) => async (signal) => {
      const answer = await generate(question, request, options, signal);
      onAnswer(index, answer);
    });
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  const step = Math.max(1, Math.trunc(size));
  return Array.from({ length: Math.ceil(all.length / step) }, (_, i) => all.slice(i * step, (i + 1) * step));
}
