import { join } from 'node:path';
import * as z from 'zod';
import { readJsonFile } from '../../base/jsonFile.ts';
import { resolveInside } from '../../checkpoint/shards.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

/** How texts are generated: greedily, as lm-eval asks for it, with what the model's own configuration adds. */
export interface Decoding {
  /** Tokens that end a text. */
  readonly endTokens: readonly number[];
  /** Logits of tokens that occurred are divided by it, or multiplied where negative (transformers' RepetitionPenaltyLogitsProcessor). */
  readonly repetitionPenalty: number;
  readonly warnings: readonly string[];
}

const END = { eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish() };
const CONFIG = z.looseObject(END);
const GENERATION = z.looseObject({ ...END, repetition_penalty: z.number().positive().nullish() });

/** What transformers' generate does otherwise without sampling, and what leaves greedy decoding as it is. */
const IGNORED: Readonly<Record<string, unknown>> = {
  num_beams: 1,
  no_repeat_ngram_size: 0,
  encoder_no_repeat_ngram_size: 0,
  min_length: 0,
  min_new_tokens: null,
  suppress_tokens: null,
  begin_suppress_tokens: null,
  forced_bos_token_id: null,
  forced_eos_token_id: null,
  bad_words_ids: null,
  sequence_bias: null,
  exponential_decay_length_penalty: null,
  guidance_scale: null,
};

/** generation_config.json's end tokens, else config.json's, and the tokenizer's own. @throws InputError if one is malformed */
export async function readDecoding(
  folder: string,
  names: ReadonlySet<string>,
  tokenizer: Tokenizer,
): Promise<Decoding> {
  const read = async <T extends z.ZodType>(name: string, schema: T): Promise<z.output<T> | undefined> =>
    names.has(name) ? readJsonFile(await resolveInside(folder, name), schema, join(folder, name)) : undefined;
  const generation = await read('generation_config.json', GENERATION);
  const found = generation?.eos_token_id ?? (await read('config.json', CONFIG))?.eos_token_id ?? [];
  const own = tokenizer.eos === undefined ? [] : [tokenizer.eos.id];
  const left = Object.entries(IGNORED).filter(([name, none]) => (generation?.[name] ?? none) !== none);
  return {
    endTokens: [...new Set([...own, ...[found].flat()])],
    repetitionPenalty: generation?.repetition_penalty ?? 1,
    warnings: left.map(
      ([name]) =>
        `${join(folder, 'generation_config.json')}: ${name} is not applied to generated texts; transformers would.`,
    ),
  };
}
