import type { TensorEntry } from '../../safetensors/header.ts';
import type { AdapterConfig } from '../adapterConfig.ts';
import { isRefusal, refuse, type Change, type Group, type Read } from '../change.ts';
import { patternValue } from '../patterns.ts';
import type { LoraRecipe } from '../recipe.ts';
import type { Refusal } from '../refusal.ts';
import { hasFloats } from '../tensorReader.ts';

/** A LoRA pair with what may stand beside it: a DoRA magnitude, a bias on B. */
export function readLora(group: Group, config: AdapterConfig): Read[] {
  const { entries, module, rules } = group;
  const embedding = entries.has('lora_embedding_A') || entries.has('lora_embedding_B');
  const [a, b] = embedding
    ? [entries.get('lora_embedding_A'), entries.get('lora_embedding_B')]
    : [entries.get('lora_A'), entries.get('lora_B')];
  const [magnitude, bias] = [entries.get('magnitude'), entries.get('lora_B.bias')];
  if (embedding && (entries.has('lora_A') || entries.has('lora_B')))
    return [refuse(module, 'it has factors of a linear and of an embedding')];
  const partner = a ?? b ?? magnitude ?? bias;
  if (partner === undefined) return [];
  if (a === undefined || b === undefined) return [refuse(partner.name, `its partner lora_${a ? 'B' : 'A'} is missing`)];
  const recipe = loraRecipe(module, a, b, embedding, config);
  if (!('method' in recipe)) return [recipe];
  const reads: Read[] = [withMagnitude(group, recipe, magnitude, config)];
  if (bias !== undefined) reads.push(loraBias(group, bias, recipe.scaling));
  return reads.map((read) => (isRefusal(read) ? read : { ...read, rules }));
}

function withMagnitude(
  { module, rules }: Group,
  lora: LoraRecipe,
  magnitude: TensorEntry | undefined,
  config: AdapterConfig,
): Read {
  const change = { module, parameter: 'weight', rules };
  if (magnitude === undefined && config.use_dora === true)
    return refuse(lora.tensors.a ?? module, 'use_dora is set, and its magnitude is missing', 'base-relative');
  if (magnitude === undefined) return { ...change, kind: 'pure delta', recipe: lora };
  const outputs = lora.embedding ? lora.shape[1] : lora.shape[0];
  if (!hasFloats(magnitude) || magnitude.shape.reduce((size, n) => size * n, 1) !== outputs)
    return refuse(magnitude.name, `it is not one magnitude for each of ${outputs} outputs`, 'base-relative');
  return {
    ...change,
    kind: 'base-relative',
    recipe: {
      method: 'DoRA',
      lora,
      tensors: { magnitude: magnitude.name },
      shape: lora.shape,
      linear: lora.linear,
    },
  };
}

function loraBias({ module, rules }: Group, bias: TensorEntry, scaling: number): Change {
  return {
    module,
    parameter: 'bias',
    kind: 'pure delta',
    rules,
    recipe: { method: 'LoRA bias', tensors: { bias: bias.name }, shape: bias.shape, linear: false, scaling },
  };
}

function loraRecipe(
  module: string,
  a: TensorEntry,
  b: TensorEntry,
  embedding: boolean,
  config: AdapterConfig,
): LoraRecipe | Refusal {
  for (const entry of [a, b])
    if (!hasFloats(entry))
      return refuse(entry.name, `its dtype ${entry.dtype} is not a float that can be computed with`);
  const [rank] = a.shape;
  if (rank === undefined || rank === 0 || a.shape.length < 2 || b.shape.length < 2)
    return refuse(a.name, `its shape [${a.shape.join(', ')}] is not that of a factor`);
  const scaling = scalingFor(module, rank, config);
  const common = { tensors: { a: a.name, b: b.name }, rank, ...scaling, embedding };
  if (a.shape.length > 2) return convolution(a, b, common);
  if (b.shape.length !== 2) return refuse(b.name, `its shape [${b.shape.join(', ')}] is not that of a factor`);
  const [out = 0, input = 0] = [b.shape[0], a.shape[1]];
  const blocks = blockCount(config);
  if (blocks > 1 && (out % blocks !== 0 || rank % blocks !== 0))
    return refuse(b.name, `it does not divide into ${blocks} blocks`);
  if (b.shape[1] === rank && rank <= Math.max(out, input)) return plain(a, b, common, blocks, config);
  if (blocks > 1 && b.shape[1] === rank / blocks)
    return { ...common, method: 'LoRA (block-diagonal)', shape: [out, input], linear: true };
  if (b.shape[1] !== rank)
    return refuse(b.name, `its shape [${b.shape.join(', ')}] does not fit lora_A's [${a.shape.join(', ')}]`);
  return refuse(a.name, `its rank ${rank} is larger than the weight it would patch`);
}

type LoraCommon = Pick<LoraRecipe, 'tensors' | 'rank' | 'alpha' | 'scaling' | 'embedding'>;

/** A whole pair, or one whose A is stored in blocks: [r, in / blocks]. */
function plain(a: TensorEntry, b: TensorEntry, common: LoraCommon, blocks: number, config: AdapterConfig): LoraRecipe {
  const [out = 0, input = 0] = [b.shape[0], a.shape[1]];
  if (common.embedding) return { ...common, method: 'LoRA', shape: [input, out], linear: false };
  const patterns = typeof config.use_bdlora === 'object' ? config.use_bdlora?.target_modules_bd_a : null;
  const inBlocks = blocks > 1 && matches(patterns, a.name);
  if (inBlocks) return { ...common, method: 'LoRA (block-diagonal)', shape: [out, input * blocks], linear: true };
  return { ...common, method: 'LoRA', shape: [out, input], linear: true };
}

function blockCount(config: AdapterConfig): number {
  return typeof config.use_bdlora === 'object' ? (config.use_bdlora?.nblocks ?? 1) : 1;
}

/** As PEFT matches them: the pattern is part of the module's own name. */
function matches(patterns: readonly string[] | null | undefined, name: string): boolean {
  const module = name.replace(/\.lora_[AB]\.weight$/, '');
  const own = module.slice(module.lastIndexOf('.') + 1);
  return (patterns ?? []).some((pattern) => own.includes(pattern));
}

function convolution(a: TensorEntry, b: TensorEntry, common: LoraCommon): LoraRecipe | Refusal {
  const [rank = 0, ...kernel] = a.shape;
  const [out = 0, inner = 0, ...ones] = b.shape;
  if (inner < rank && rank % inner === 0)
    return refuse(b.name, 'it patches a grouped convolution, which PEFT itself cannot merge', 'pure delta');
  if (inner !== rank || ones.some((size) => size !== 1) || b.shape.length !== a.shape.length)
    return refuse(b.name, `its shape [${b.shape.join(', ')}] does not fit lora_A's [${a.shape.join(', ')}]`);
  return { ...common, method: 'LoRA convolution', shape: [out, ...kernel], linear: false };
}

/** α/r, or α/√r with rsLoRA (Kalajdzievski 2023); α may come from alpha_pattern, r is the tensor's. */
export function scalingFor(module: string, rank: number, config: AdapterConfig): { alpha: number; scaling: number } {
  const alpha = patternValue(config.alpha_pattern ?? {}, module, config.lora_alpha ?? config.alpha ?? NaN);
  return { alpha, scaling: alpha / (config.use_rslora === true ? Math.sqrt(rank) : rank) };
}
