import { InputError, UserError } from '../../base/errors.ts';
import { cutAtStops } from '../scoring/stops.ts';
import type { Answer, Request } from '../types.ts';
import { type Question, SEED } from './echoed.ts';
import type { PromptOptions } from './prompts.ts';
import { COMPLETION } from './responses.ts';
import { sendForJson } from './send.ts';

export type GenerationRequest = Extract<Request, { readonly kind: 'generate_until' }>;
type GenerationAnswer = Extract<Answer, { readonly kind: 'generate_until' }>;

/** OpenAI's own limit, which lm-eval keeps to for chat completions (`stop[:4]`); the others are looked for here. */
const MAX_STOPS = 4;

/** lm-eval's generate_until of API models: greedy, and the context cut on its left. One prompt a request. */
export async function generate(
  { server, model, sendTokens }: Question,
  { context, generation }: GenerationRequest,
  options: PromptOptions & { readonly endOfSequence?: string },
  signal: AbortSignal,
): Promise<GenerationAnswer> {
  const { prompt, truncated } = promptOf(context, generation.maxTokens, options);
  const stops = stopsOf(generation.until, options.endOfSequence);
  const body = {
    model,
    prompt: sendTokens ? [prompt] : context,
    max_tokens: generation.maxTokens,
    temperature: 0,
    stop: stops.slice(0, MAX_STOPS),
    seed: SEED,
  };
  const { choices, usage } = await sendForJson(server, `${server.v1}/completions`, body, COMPLETION, signal);
  const [choice] = choices;
  if (choice === undefined || choices.length > 1)
    throw new UserError(`The server answered one prompt with ${choices.length} texts.`);
  const text = cutAtStops(choice.text ?? '', stops);
  const tokens = usage?.completion_tokens ?? options.tokens.encode(text).length;
  return { kind: 'generate_until', text, tokens, truncated };
}

function promptOf(
  context: string,
  maxTokens: number,
  { tokens, maxLength, sendTokens }: PromptOptions,
): { prompt: readonly number[]; truncated: number } {
  if (!sendTokens) return { prompt: [], truncated: 0 };
  const room = maxLength - 1 - maxTokens;
  if (room < 1)
    throw new InputError(
      `A generation of ${maxTokens} tokens leaves no room for its context: the model takes ${maxLength}.`,
      'Ask for fewer: --max-gen-toks, or max_gen_toks in the task.',
    );
  const all = tokens.encode(context);
  if (all.length === 0)
    throw new InputError(
      'A prompt is empty, and the tokenizer begins no text with a token of its own.',
      'Give the prompt a text, or evaluate with --bos on.',
    );
  const truncated = Math.max(0, all.length - room);
  return { prompt: all.slice(truncated), truncated };
}

/** lm-eval's handle_stop_sequences (models/utils.py); an empty text would stop at once. */
function stopsOf(until: readonly string[], endOfSequence: string | undefined): string[] {
  return [...new Set([...until, ...(endOfSequence === undefined ? [] : [endOfSequence])])].filter(
    (stop) => stop !== '',
  );
}
