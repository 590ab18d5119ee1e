import type { Checkpoint, LocatedTensor } from '../checkpoint/checkpoint.ts';
import type { LoraModule } from '../patch/patch.ts';
import type { Refusal } from '../patch/refusal.ts';
import { isFloatDtype } from '../safetensors/dtypes.ts';
import { elements } from '../safetensors/shape.ts';
import type { PlanItem } from './planTypes.ts';

/** Finds the base tensor that a module of the patch is added to, or says why there is none. */
export function findTarget(module: LoraModule, base: Checkpoint, fanInFanOut: boolean): PlanItem | Refusal {
  const refuse = (reason: string): Refusal => ({ tensor: module.a.name, kind: 'no target', reason });
  const name = `${module.module}.weight`;
  const located = base.tensors.get(name);
  if (located === undefined) return refuse(missingTarget(module, base));
  const { entry } = located;
  if (!isFloatDtype(entry.dtype)) return refuse(`the base's ${name} is ${entry.dtype}, which is not computed with`);
  const transposed = isTransposed(module, base, fanInFanOut);
  const delta = deltaShape(module, transposed);
  if (String(delta) !== String(entry.shape)) return refuse(wrongShape(delta, name, entry.shape));
  const tied = tiedTwice(module, base);
  if (tied !== undefined) return refuse(tied);
  return makeItem(module, located, transposed);
}

function makeItem(module: LoraModule, { entry, shard }: LocatedTensor, transposed: boolean): PlanItem {
  return {
    module: module.module,
    layer: layerOf(module.module),
    type: lastPart(module.module),
    target: entry.name,
    shard: shard.name,
    shape: entry.shape,
    dtype: entry.dtype,
    kind: 'pure delta',
    rule: [...module.rules, transposed ? 'same name, transposed' : 'same name'].join(', '),
    tensors: [module.a.name, module.b.name],
    rank: module.rank,
    alpha: module.alpha,
    scaling: module.scaling,
    transposed,
  };
}

/** Architectures whose linears are Conv1D, stored [in, out] (transformers/pytorch_utils.py), and which ones are. */
const CONV1D_MODELS = new Set(['gpt2', 'openai-gpt', 'imagegpt', 'decision_transformer']);
const CONV1D_MODULES = new Set(['c_attn', 'c_proj', 'c_fc', 'q_attn']);

/**
 * Whether Δ = B @ A is stored transposed; PEFT decides by the module's class. Embeddings always are. Elsewhere the
 * architecture tells where it is known, else `fan_in_fan_out`, which PEFT sets only for Conv1D. The shape never decides.
 */
function isTransposed({ module, embedding }: LoraModule, base: Checkpoint, fanInFanOut: boolean): boolean {
  if (embedding) return true;
  if (!CONV1D_MODELS.has(base.config.modelType)) return fanInFanOut;
  return CONV1D_MODULES.has(lastPart(module));
}

/** The shape of Δ as it would be added. */
function deltaShape({ a, b }: LoraModule, transposed: boolean): number[] {
  const [out = 0, input = 0] = [b.shape[0], a.shape[1]];
  return transposed ? [input, out] : [out, input];
}

function lastPart(module: string): string {
  return module.slice(module.lastIndexOf('.') + 1);
}

function layerOf(module: string): number | null {
  const match = /\.(\d+)\./.exec(module);
  return match?.[1] === undefined ? null : Number(match[1]);
}

function missingTarget({ module }: LoraModule, base: Checkpoint): string {
  if (module === 'lm_head' && base.config.tiesEmbeddings)
    return 'the new base ties lm_head to its embedding, and a patch on a tied head is not supported yet';
  const inside = [...base.tensors.keys()].filter((name) => name.startsWith(`${module}.`));
  if (inside.some((name) => /\.(qweight|qzeros|scales|SCB|weight_format)$/.test(name)))
    return `the new base's ${module} is quantised`;
  return `the new base (${base.config.architecture}) has no tensor ${module}.weight`;
}

function wrongShape(delta: readonly number[], name: string, shape: readonly number[]): string {
  return `its product is [${delta.join(', ')}] but ${name} of the new base is [${shape.join(', ')}]`;
}

/** transformers 4 would drop one of the two matrices, 5 would untie them: neither is what the patch was trained on. */
function tiedTwice({ module }: LoraModule, base: Checkpoint): string | undefined {
  const both =
    base.config.tiesEmbeddings &&
    base.tensors.has('lm_head.weight') &&
    /(^|\.)(lm_head|embed_tokens|wte)$/.test(module);
  return both ? 'the new base says that its head is tied to the embedding, yet stores both' : undefined;
}

export function parametersOf(items: readonly PlanItem[]): number {
  return items.reduce((sum, { shape }) => sum + elements(shape), 0);
}
