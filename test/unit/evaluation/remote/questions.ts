import type { PromptTokens } from '../../../../src/evaluation/remote/prompts.ts';
import type { Answer, Request } from '../../../../src/evaluation/types.ts';
import type { Exchange } from './servers.ts';

/** vllm.json: what lm-eval's local-completions asked a vLLM, and what it made of the answers. */
export interface Reference {
  readonly questions: {
    readonly prefixToken: number;
    readonly maxLength: number;
    readonly pairs: readonly {
      readonly context: string;
      readonly continuation: string;
      readonly tokens: readonly [readonly number[], readonly number[]];
    }[];
    readonly texts: readonly { readonly text: string; readonly tokens: readonly number[] }[];
    readonly generations: readonly {
      readonly context: string;
      readonly until: readonly string[];
      readonly max_gen_toks: number;
      readonly tokens: readonly number[];
    }[];
  };
  readonly answers: {
    readonly loglikelihood: readonly (readonly [number, boolean])[];
    readonly loglikelihood_rolling: readonly number[];
    readonly generate_until: readonly string[];
  };
  readonly exchanges: readonly Exchange[];
}

export function pairRequests({ questions }: Reference): Request[] {
  return questions.pairs.map(({ context, continuation }) => ({ kind: 'loglikelihood', context, continuation }));
}

export function textRequests({ questions }: Reference): Request[] {
  return questions.texts.map(({ text }) => ({ kind: 'loglikelihood_rolling', text }));
}

export function generationRequests({ questions }: Reference): Request[] {
  return questions.generations.map(({ context, until, max_gen_toks: maxTokens }) => ({
    kind: 'generate_until',
    context,
    generation: { until, maxTokens },
  }));
}

/** The tokens that lm-eval's tokenizer made. */
export function tokensOf({ questions }: Reference): PromptTokens {
  return {
    encodePair: (context, continuation) => {
      const found = questions.pairs.find((pair) => pair.context === context && pair.continuation === continuation);
      if (found === undefined) throw new Error(`no pair of ${context}`);
      return { context: found.tokens[0], continuation: found.tokens[1] };
    },
    encode: (text) => {
      const found = [
        ...questions.texts,
        ...questions.generations.map(({ context, tokens }) => ({ text: context, tokens })),
      ].find((one) => one.text === text);
      if (found === undefined) throw new Error(`no text ${text}`);
      return found.tokens;
    },
    prefixToken: questions.prefixToken,
  };
}

/** A tokenizer of one token a character. */
export const CHARACTERS: PromptTokens = {
  encodePair: (context, continuation) => ({
    context: context === '' ? [0] : codes(context),
    continuation: codes(continuation),
  }),
  encode: codes,
  prefixToken: 0,
};

function codes(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

/** Collects answers and fails on a second one for the same request. */
export function collected(): {
  readonly answers: Answer[];
  readonly onAnswer: (index: number, answer: Answer) => void;
} {
  const answers: Answer[] = [];
  const onAnswer = (index: number, answer: Answer): void => {
    if (answers[index] !== undefined) throw new Error(`request ${index} was answered twice`);
    answers[index] = answer;
  };
  return { answers, onAnswer };
}
