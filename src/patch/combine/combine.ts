import { InputError } from '../../base/errors.ts';
import { transpose } from '../../kernels/lowRank.ts';
import { xoshiro128 } from '../../kernels/linalg/gaussian.ts';
import { TensorFile } from '../../safetensors/file.ts';
import { ADAPTER_CONFIG } from '../adapterConfig.ts';
import type { Change } from '../change.ts';
import { PREFIX } from '../names.ts';
import type { Patch } from '../patch.ts';
import { peftConfig, type LoraSetting } from '../peftConfig.ts';
import { readChanges } from '../readers/readers.ts';
import type { LoraRecipe } from '../recipe.ts';
import { readFloats } from '../tensorReader.ts';
import { mergeTensors, type CombineOptions, type Draw } from './arithmetic.ts';

export interface WeightedPatch {
  readonly patch: Patch;
  readonly weight: number;
}

/** A and B of one module, float32. */
interface Pair {
  readonly recipe: LoraRecipe;
  readonly a: Float32Array;
  readonly b: Float32Array;
  /** The patch's weight times the pair's scaling. */
  readonly weight: number;
}

interface Combined {
  readonly module: string;
  readonly embedding: boolean;
  readonly rank: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/**
 * One LoRA patch in memory out of several, as PEFT's `add_weighted_adapter` makes it: its scaling is 1, the weights are in
 * its factors.
 *
 * @throws InputError if a patch holds more than plain LoRA factors, or a method needs equal ranks and they are not
 */
export async function combinePatches(patches: readonly WeightedPatch[], options: CombineOptions): Promise<Patch> {
  const [first] = patches;
  if (first === undefined) throw new Error('nothing to combine');
  for (const { patch } of patches) assertPlain(patch);
  const modules = new Set(patches.flatMap(({ patch }) => patch.changes.map(({ module }) => module)));
  const draw = xoshiro128(options.seed);
  const combined: Combined[] = [];
  for (const module of modules) combined.push(combinePairs(module, await readPairs(module, patches), options, draw));
  const folder = patches.map(({ patch }) => patch.folder).join(' + ');
  const settings = combined.map(({ module, rank }): LoraSetting => ({ module, rank, alpha: rank }));
  const config = ADAPTER_CONFIG.parse({
    ...peftConfig(settings, first.patch.config.base_model_name_or_path ?? null),
    fan_in_fan_out: first.patch.config.fan_in_fan_out ?? false,
  });
  const file = TensorFile.inMemory(folder, combined.flatMap(tensorsOf));
  const { patch } = first;
  return { folder: patch.folder, file, names: patch.names, config, dialect: 'PEFT', ...readChanges(file, config) };
}

function assertPlain({ folder, changes, refusals, dialect }: Patch): void {
  const [refusal] = refusals;
  if (refusal !== undefined) throw new InputError(`${folder}: ${refusal.tensor}: ${refusal.reason}`);
  const odd = changes.find(({ recipe }) => recipe.method !== 'LoRA');
  if (odd !== undefined || dialect !== 'PEFT')
    throw new InputError(
      `${folder} holds more than plain LoRA factors (${odd?.recipe.method ?? dialect}), and only those can be combined.`,
      'Port the patches one after the other: a ported checkpoint is a base too.',
    );
}

async function readPairs(module: string, patches: readonly WeightedPatch[]): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const { patch, weight } of patches)
    for (const change of patch.changes.filter((found) => found.module === module))
      pairs.push(await readPair(patch, change, weight));
  return pairs;
}

async function readPair({ file }: Patch, { recipe }: Change, weight: number): Promise<Pair> {
  if (recipe.method !== 'LoRA') throw new Error('only plain LoRA is combined');
  const [a, b] = [await readFloats(file, recipe.tensors.a ?? ''), await readFloats(file, recipe.tensors.b ?? '')];
  return { recipe, a, b, weight: weight * recipe.scaling };
}

function combinePairs(module: string, pairs: readonly Pair[], options: CombineOptions, draw: Draw): Combined {
  const [first] = pairs;
  if (first === undefined) throw new Error('a module without a pair');
  const { embedding } = first.recipe;
  if (pairs.some(({ recipe }) => recipe.embedding !== embedding))
    throw new InputError(`${module} is a linear in one patch and an embedding in another.`);
  if (options.combination === 'cat') return { module, embedding, ...concatenate(pairs) };
  if (pairs.some(({ recipe }) => recipe.rank !== first.recipe.rank))
    throw new InputError(
      `${module} has the ranks ${pairs.map(({ recipe }) => recipe.rank).join(' and ')}, and ${options.combination} needs equal ones.`,
      'cat, the exact sum, takes any.',
    );
  const roots = pairs.map(({ weight }) => Math.sqrt(Math.abs(weight)));
  const signed = pairs.map(({ weight }, i) => (weight >= 0 ? 1 : -1) * (roots[i] ?? 0));
  return {
    module,
    embedding,
    rank: first.recipe.rank,
    a: mergeTensors(
      pairs.map(({ a }) => a),
      signed,
      options,
      draw,
    ),
    b: mergeTensors(
      pairs.map(({ b }) => b),
      roots,
      options,
      draw,
    ),
  };
}

/** A below A, B beside B: B @ A is the sum of the products. The weights go into A. */
function concatenate(pairs: readonly Pair[]): { rank: number; a: Float32Array; b: Float32Array } {
  const rank = pairs.reduce((sum, { recipe }) => sum + recipe.rank, 0);
  const stacked = pairs.map(({ a, weight }) => a.map((value) => value * Math.fround(weight)));
  const columns = pairs.map(({ b, recipe }) => transpose(b, b.length / recipe.rank, recipe.rank));
  const joined = concat(columns);
  return { rank, a: concat(stacked), b: transpose(joined, rank, joined.length / rank) };
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tensorsOf({
  module,
  embedding,
  rank,
  a,
  b,
}: Combined): { name: string; shape: number[]; values: Float32Array }[] {
  const [nameA, nameB] = embedding ? ['lora_embedding_A', 'lora_embedding_B'] : ['lora_A.weight', 'lora_B.weight'];
  return [
    { name: `${PREFIX}${module}.${nameA}`, shape: [rank, a.length / rank], values: a },
    { name: `${PREFIX}${module}.${nameB}`, shape: [b.length / rank, rank], values: b },
  ];
}
