import { UserError } from '../../base/errors.ts';
import type { Server } from './endpoint.ts';
import { type Score, scoreOfEcho, scoreOfPromptLogprobs } from './logProbabilities.ts';
import type { Prompt } from './prompts.ts';
import { type Choice, COMPLETION } from './responses.ts';
import { sendForJson } from './send.ts';

/** lm-eval's seed for API models; greedy decoding does not use it. */
export const SEED = 1234;

export interface Question {
  readonly server: Server;
  readonly model: string;
  readonly sendTokens: boolean;
}

/** lm-eval's _create_payload (openai_completions.py): one new token, which is not looked at. */
export async function scoreByEcho(
  question: Question,
  prompts: readonly Prompt[],
  signal: AbortSignal,
): Promise<Score[]> {
  const choices = await complete(question, prompts, { logprobs: 1, echo: true }, signal);
  return prompts.map(({ tokens, context }, i) => scoreOfEcho(choiceAt(choices, i), tokens.length, context));
}

/** vLLM's own parameter, for what stands in front of a vLLM and drops `echo`. */
export async function scoreByPromptLogprobs(
  question: Question,
  prompts: readonly Prompt[],
  signal: AbortSignal,
): Promise<Score[]> {
  const choices = await complete(question, prompts, { prompt_logprobs: 1 }, signal);
  return prompts.map(({ tokens, context }, i) => scoreOfPromptLogprobs(choiceAt(choices, i), tokens, context));
}

async function complete(
  { server, model, sendTokens }: Question,
  prompts: readonly Prompt[],
  wanted: object,
  signal: AbortSignal,
): Promise<Choice[]> {
  const prompt = prompts.map(({ tokens, text }) => (sendTokens ? tokens : text));
  const body = { model, prompt, temperature: 0, max_tokens: 1, seed: SEED, ...wanted };
  const { choices } = await sendForJson(server, `${server.v1}/completions`, body, COMPLETION, signal);
  if (choices.length !== prompts.length)
    throw new UserError(
      `The server answered ${choices.length} of ${prompts.length} prompts.`,
      'Send one prompt at a time (batch 1).',
    );
  return choices.sort((a, b) => a.index - b.index);
}

function choiceAt(choices: readonly Choice[], index: number): Choice {
  const choice = choices[index];
  if (choice?.index !== index) throw new UserError('The server numbered its answers in an unexpected way.');
  return choice;
}
