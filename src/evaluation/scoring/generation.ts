import { InputError } from '../../base/errors.ts';
import { generate } from '../../model/generate.ts';
import type { Network } from '../../model/network.ts';
import { encodeText } from '../tokenizer/encode.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Answer, Request } from '../types.ts';
import { cutAtStops } from './stops.ts';
import type { NetworkScorerOptions } from './networkScorer.ts';
import type { Question } from './scorer.ts';

/** Prompts that are decoded together, if their tokens are no more than those of so many batches. */
const ROWS = 8;
const BATCHES = 4;

/** @param tokens of the longest row, with the new ones */
export function rowsAtOnce(tokens: number, batchTokens: number): number {
  return Math.max(1, Math.min(ROWS, Math.floor((BATCHES * batchTokens) / tokens)));
}

interface Prompt {
  readonly question: number;
  readonly place: number;
  readonly request: Extract<Request, { kind: 'generate_until' }>;
  readonly tokens: readonly number[];
  readonly truncated: number;
}

/** Greedy answers to all generate_until requests (lm-eval, `HFLM.generate_until`). */
export async function generateAll(
  network: Network,
  options: NetworkScorerOptions,
  questions: readonly Question[],
  onAnswer: (question: number, place: number, answer: Answer) => void,
  signal: AbortSignal,
): Promise<void> {
  const prompts = questions.flatMap(({ requests }, question) =>
    requests.flatMap((request, place) =>
      request.kind === 'generate_until' ? [encodePrompt(question, place, request, options)] : [],
    ),
  );
  prompts.sort((a, b) => b.tokens.length - a.tokens.length);
  for (const group of groups(prompts, options.batchTokens)) {
    const maxTokens = group[0]?.request.generation.maxTokens ?? 0;
    const ends = group.map(
      ({ request }) => new EndOfText(options.tokenizer, request.generation.until, options.endTokens),
    );
    const produced = await generate(
      network,
      group.map(({ tokens }) => tokens),
      { maxTokens, repetitionPenalty: options.repetitionPenalty },
      (row, tokens) => ends[row]?.reached(tokens) ?? true,
      signal,
    );
    group.forEach(({ question, place, truncated }, row) => {
      const tokens = produced[row] ?? [];
      onAnswer(question, place, {
        kind: 'generate_until',
        text: ends[row]?.text(tokens) ?? '',
        tokens: tokens.length,
        truncated,
      });
    });
  }
}

function encodePrompt(
  question: number,
  place: number,
  request: Prompt['request'],
  { tokenizer, bos, maxLength }: NetworkScorerOptions,
): Prompt {
  const room = maxLength - request.generation.maxTokens;
  if (room <= 0)
    throw new InputError(
      `A model of ${maxLength} tokens has no room for a prompt before ${request.generation.maxTokens} generated ones.`,
      'Ask for fewer: --max-gen-toks, or max_gen_toks in the task.',
    );
  const whole = encodeText(tokenizer, request.context, bos);
  const tokens = whole.slice(Math.max(0, whole.length - room));
  if (tokens.length === 0)
    throw new InputError(
      'A prompt is empty, and the tokenizer begins no text with a token of its own.',
      'Give the prompt a text, or evaluate with --bos on.',
    );
  return { question, place, request, tokens, truncated: whole.length - tokens.length };
}

/** Prompts that may produce the same number of tokens, a few at a time; the first of each is its longest. */
function groups(prompts: readonly Prompt[], batchTokens: number): Prompt[][] {
  const byLength = new Map<number, Prompt[][]>();
  for (const prompt of prompts) {
    const { maxTokens } = prompt.request.generation;
    const own = byLength.get(maxTokens) ?? [];
    const last = own.at(-1);
    const rows = rowsAtOnce((last?.[0]?.tokens.length ?? 0) + maxTokens, batchTokens);
    if (last === undefined || last.length >= rows) own.push([prompt]);
    else last.push(prompt);
    byLength.set(maxTokens, own);
  }
  return [...byLength.values()].flat();
}

/** Where a generated text ends: at a stop text, or at one of the model's end tokens. */
class EndOfText {
  private readonly tokenizer: Tokenizer;
  private readonly until: readonly string[];
  private readonly endTokens: readonly number[];
  /** A stop text of n characters lies within the last n tokens and a few. */
  private readonly lookBack: number;

  constructor(tokenizer: Tokenizer, until: readonly string[], endTokens: readonly number[]) {
    this.tokenizer = tokenizer;
    this.until = until.filter((text) => text !== '');
    this.endTokens = endTokens;
    this.lookBack = Math.max(0, ...this.until.map((text) => text.length)) + 4;
  }

  reached(tokens: readonly number[]): boolean {
    if (this.endTokens.includes(tokens.at(-1) ?? -1)) return true;
    const tail = this.tokenizer.decode(tokens.slice(-this.lookBack));
    return this.until.some((text) => tail.includes(text));
  }

  /** What stands before the first stop text. */
  text(tokens: readonly number[]): string {
    return cutAtStops(this.tokenizer.decode(tokens, { skipSpecial: true }), this.until);
  }
}
