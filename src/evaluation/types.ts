/** The plain data that passes between the parts of an evaluation: tasks, requests, answers, items. */

/** One document of a task, as its data file has it, by column. */
export type Document = Readonly<Record<string, unknown>>;

export const OUTPUT_TYPES = ['multiple_choice', 'loglikelihood', 'loglikelihood_rolling', 'generate_until'] as const;
export type OutputType = (typeof OUTPUT_TYPES)[number];

/** Greedy generation ends at one of these texts, at the tokenizer's end of sequence, or after so many tokens. */
export interface Generation {
  readonly until: readonly string[];
  readonly maxTokens: number;
}

/** What a model is asked (lm-eval's Instance). */
export type Request =
  | { readonly kind: 'loglikelihood'; readonly context: string; readonly continuation: string }
  | { readonly kind: 'loglikelihood_rolling'; readonly text: string }
  | { readonly kind: 'generate_until'; readonly context: string; readonly generation: Generation };

/** What it answers; log-probabilities are natural logarithms, summed over the tokens of the continuation. */
export type Answer =
  | {
      readonly kind: 'loglikelihood';
      readonly logProbability: number;
      /** Every token of the continuation is the one that greedy decoding would take. */
      readonly greedy: boolean;
      /** Tokens of the continuation. */
      readonly tokens: number;
      /** Tokens that the context lost on its left because the model is shorter. */
      readonly truncated: number;
    }
  | { readonly kind: 'loglikelihood_rolling'; readonly logProbability: number; readonly tokens: number }
  | { readonly kind: 'generate_until'; readonly text: string; readonly tokens: number; readonly truncated: number };

/** One document with all that is asked about it. */
export interface Item {
  /** Its number in the split, from 0, before any limit. */
  readonly docId: number;
  readonly document: Document;
  /** What doc_to_target made of it: the gold text, the number of the gold choice, or several numbers. */
  readonly target: string | number | readonly number[];
  /** Of a multiple choice, as doc_to_choice gives them, without the delimiter. */
  readonly choices: readonly string[];
  readonly requests: readonly Request[];
}

/** What one filter made of an item's answers, and its values of every metric (lm-eval's process_results). */
export interface Scored {
  /** "none" where the task names no filter. */
  readonly filter: string;
  /** As lm-eval's samples file has them: [log-probability, greedy] pairs, or texts. */
  readonly filtered: readonly unknown[];
  /** Metric → what its aggregation takes: 0 or 1, a [gold, prediction] pair, a [log-probability, weight] pair … */
  readonly values: Readonly<Record<string, MetricValue>>;
}

export type MetricValue = number | readonly [number, number];
