import type { PatchOnModel } from '../model/patched/openOverlay.ts';
import type { MemoryMode } from '../model/weights/memory.ts';

/** Whether texts begin with the BOS token: as the tokenizer itself has it, always, never (lm-eval's add_bos_token). */
export const BOS_MODES = ['auto', 'on', 'off'] as const;
export type BosMode = (typeof BOS_MODES)[number];

/** One column of the table: a model, with what is done to it. */
export interface ColumnRequest {
  readonly label: string;
  /** What it stands for in a comparison of ports, where it stands for one of them. */
  readonly role?: ColumnRole | undefined;
  /** The checkpoint's folder; of an endpoint the model's name. */
  readonly model: string;
  readonly patches: readonly PatchOnModel[];
  /** Round as a port does, so that the scores are the exported model's. */
  readonly exported?: boolean | undefined;
  /** In the place of the patch a random one of the same ranks and norms: what a change of this size does by chance. */
  readonly control?: { readonly seed: number } | undefined;
  /** An OpenAI-compatible completions server. */
  readonly endpoint?: EndpointRequest | undefined;
}

export const COLUMN_ROLES = ['old base', 'old base + patch', 'new base', 'ported', 'retrained', 'control'] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

/** Where a column stands in a comparison; those without a role come last. */
export function placeOfRole(role: ColumnRole | undefined): number {
  return role === undefined ? COLUMN_ROLES.length : COLUMN_ROLES.indexOf(role);
}

export interface EndpointRequest {
  readonly url: string;
  /** The name of the environment variable that holds the key; keys themselves are never in a request. */
  readonly keyVariable?: string | undefined;
  /** The folder whose tokenizer is the served model's. */
  readonly tokenizer: string;
  /** An adapter that the server (vLLM) loads first, under the model's name. */
  readonly loadAdapter?: string | undefined;
}

/** What a person asks for. */
export interface EvaluateRequest {
  readonly columns: readonly ColumnRequest[];
  /** Names of built-in tasks, YAML files, or files of prompts, choices and answers. */
  readonly tasks: readonly string[];
  /** Where the tasks' data is looked for. */
  readonly data?: string | undefined;
  /** The first so many documents of each task. */
  readonly limit?: number | undefined;
  /** Tokens of a generated text at the most, in the place of the task's own number (lm-eval's max_gen_toks). */
  readonly maxNewTokens?: number | undefined;
  /** Examples before each question, in the place of the task's own number. */
  readonly fewShot?: number | undefined;
  readonly bos: BosMode;
  /** λ: each column with patches is evaluated at all of them. */
  readonly scales?: readonly number[] | undefined;
  readonly memory?: MemoryMode | undefined;
  /** Padded tokens of a batch. */
  readonly batchTokens?: number | undefined;
  /** Of the f1's and perplexity's bootstrap; lm-eval's default is 100,000. */
  readonly bootstrapIterations: number;
  /** Of few-shot examples, as lm-eval's fewshot_seed. */
  readonly seed: number;
  /** The folder for results; one that is there is continued or added to. */
  readonly out: string;
}
