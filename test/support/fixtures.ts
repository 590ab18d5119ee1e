import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dtype } from '../../src/safetensors/dtypes.ts';
import { canonicalLayout } from '../../src/safetensors/writer.ts';

export type TensorShapes = Readonly<Record<string, readonly number[]>>;

/** A safetensors file of zeros (sparse: a gigabyte costs no disk), with values at the start of some tensors. */
export async function writeSafetensors(
  path: string,
  shapes: TensorShapes,
  dtype: Dtype = 'F32',
  values: Readonly<Record<string, Uint8Array>> = {},
): Promise<void> {
  const tensors = Object.entries(shapes).map(([name, shape]) => ({ name, dtype, shape }));
  const layout = canonicalLayout(tensors, { format: 'pt' });
  const file = await open(path, 'w');
  try {
    await file.write(layout.headerBytes);
    await file.truncate(layout.fileBytes);
    for (const { name, begin } of layout.placements) {
      const bytes = Object.hasOwn(values, name) ? values[name] : undefined;
      if (bytes) await file.write(bytes, 0, bytes.length, begin);
    }
  } finally {
    await file.close();
  }
}

/** A safetensors file of float32 values. */
export async function writeTensors(
  path: string,
  tensors: readonly { readonly name: string; readonly shape: readonly number[]; readonly values: Float32Array }[],
): Promise<void> {
  const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
  const bytes = tensors.map(({ name, values }) => [name, new Uint8Array(values.slice().buffer)] as const);
  await writeSafetensors(path, shapes, 'F32', Object.fromEntries(bytes));
}

export const LLAMA_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  tie_word_embeddings: true,
  hidden_size: 8,
  num_hidden_layers: 1,
  vocab_size: 16,
};

/** A checkpoint folder: one file, or one shard per entry of `shards`. */
export async function writeCheckpoint(
  folder: string,
  shards: readonly TensorShapes[],
  dtype: Dtype = 'F32',
  config: object = LLAMA_CONFIG,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const [only] = shards;
  if (shards.length === 1 && only) return writeSafetensors(join(folder, 'model.safetensors'), only, dtype);
  const map: Record<string, string> = {};
  for (const [i, shapes] of shards.entries()) {
    const name = `model-0000${i + 1}-of-0000${shards.length}.safetensors`;
    for (const tensor of Object.keys(shapes)) map[tensor] = name;
    await writeSafetensors(join(folder, name), shapes, dtype);
  }
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
}

export interface BigModel {
  readonly rows: number;
  readonly columns: number;
  readonly tensors: number;
  readonly firstApart?: boolean;
}

/**
 * A model of equal matrices, the first of them in a shard of its own if that is asked for, and a patch for each of them; all
 * zero and sparse, so that gigabytes cost no disk.
 */
export async function writeBigPair(
  base: string,
  patch: string,
  { rows, columns, tensors, firstApart = false }: BigModel,
): Promise<void> {
  const modules = Array.from({ length: tensors }, (_, i) => `model.layers.${i}.mlp.up_proj`);
  const shape = [rows, columns];
  const [first, ...rest] = modules.map((module) => [`${module}.weight`, shape] as const);
  const shards = firstApart && first ? [[first], rest] : [[...(first ? [first] : []), ...rest]];
  await writeCheckpoint(
    base,
    shards.map((entries) => Object.fromEntries(entries)),
    'BF16',
  );
  await writeAdapter(patch, Object.fromEntries(modules.map((module) => [module, shape])));
}

export const ADAPTER_CONFIG = { peft_type: 'LORA', r: 2, lora_alpha: 4, base_model_name_or_path: 'test/old' };

/** An adapter folder; modules are given as [out, in], factors are all zero but for A and B of rank `rank`. */
export async function writeAdapter(
  folder: string,
  modules: TensorShapes,
  { rank = 2, config = {}, extra = {} }: { rank?: number; config?: object; extra?: TensorShapes } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify({ ...ADAPTER_CONFIG, r: rank, ...config }));
  const shapes: Record<string, readonly number[]> = { ...extra };
  for (const [module, [out = 0, input = 0]] of Object.entries(modules)) {
    shapes[`base_model.model.${module}.lora_A.weight`] = [rank, input];
    shapes[`base_model.model.${module}.lora_B.weight`] = [out, rank];
  }
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), shapes);
}
