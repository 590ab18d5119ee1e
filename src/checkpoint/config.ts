import { join } from 'node:path';
import * as z from 'zod';
import { sha256Of } from '../base/hash.ts';
import { parseJsonText, readBytes } from '../base/jsonFile.ts';
import { resolveInside } from './shards.ts';

/** A word that stands in messages and lists. */
const NAME = z.string().max(200, 'it is longer than 200 characters');

/** The parts of config.json that a port depends on. */
const CONFIG = z.looseObject({
  architectures: z.array(NAME).nullish(),
  model_type: NAME.nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  vocab_size: z.number().int().nonnegative().nullish(),
  quantization_config: z
    .looseObject({
      quant_method: NAME.nullish(),
      weight_block_size: z.tuple([z.number().int().positive(), z.number().int().positive()]).nullish(),
    })
    .nullish(),
  text_config: z.looseObject({ tie_word_embeddings: z.boolean().nullish() }).nullish(),
});

export interface ModelConfig {
  /** The class that transformers would build, or the model type where config.json names none. */
  readonly architecture: string;
  readonly modelType: string;
  readonly tiesEmbeddings: boolean;
  /** gptq, bitsandbytes, fp8 …, where the weights are quantised. */
  readonly quantization: string | undefined;
  /** Rows and columns of the blocks that share a scale, where the weights are block-scaled FP8. */
  readonly float8Block: readonly [rows: number, columns: number] | undefined;
  readonly vocabularySize: number | undefined;
  /** Of the file's bytes. */
  readonly sha256: string;
}

/** Classes whose default is tied embeddings when config.json says nothing. */
const TIED_BY_DEFAULT = new Set(['gemma', 'gemma2', 'gemma3', 'gemma3_text', 'gpt2', 'opt', 'bloom', 'falcon']);

/** @throws InputError if config.json is missing or malformed */
export async function readConfig(folder: string): Promise<ModelConfig> {
  const path = await resolveInside(folder, 'config.json');
  const bytes = await readBytes(path);
  const config = parseJsonText(bytes.toString('utf8'), CONFIG, join(folder, 'config.json'));
  const modelType = config.model_type ?? 'unknown';
  const tie = config.tie_word_embeddings ?? config.text_config?.tie_word_embeddings;
  return {
    architecture: config.architectures?.[0] ?? modelType,
    modelType,
    tiesEmbeddings: tie ?? TIED_BY_DEFAULT.has(modelType),
    quantization: config.quantization_config ? (config.quantization_config.quant_method ?? 'quantised') : undefined,
    float8Block:
      config.quantization_config?.quant_method === 'fp8'
        ? (config.quantization_config.weight_block_size ?? undefined)
        : undefined,
    vocabularySize: config.vocab_size ?? undefined,
    sha256: sha256Of(bytes),
  };
}
