import { elements, type Checkpoint, type LocatedTensor } from '../checkpoint/checkpoint.ts';
import type { LoraModule } from '../patch/patch.ts';
import type { Refusal } from '../patch/refusal.ts';
import { isFloatDtype } from '../safetensors/dtypes.ts';
import type { PlanItem } from './planTypes.ts';

/** Finds the base tensor that a module of the patch is added to, or says why there is none. */
export function findTarget(module: LoraModule, base: Checkpoint, fanInFanOut: boolean): PlanItem | Refusal {
  const refuse = (reason: string): Refusal => ({ tensor: module.a.name, kind: 'no target', reason });
  const name = `${module.module}.weight`;
  const located = base.tensors.get(name);
  if (located === undefined) return refuse(missingTarget(module, base));
  const { entry } = located;
  if (!isFloatDtype(entry.dtype)) return refuse(`the base's ${name} is ${entry.dtype}, which is not computed with`);
  const transposed = orientation(module, entry.shape, fanInFanOut);
  if (transposed === undefined) return refuse(wrongShape(module, name, entry.shape));
  return makeItem(module, located, transposed);
}

function makeItem(module: LoraModule, { entry, shard }: LocatedTensor, transposed: boolean): PlanItem {
  return {
    module: module.module,
    layer: layerOf(module.module),
    type: module.module.slice(module.module.lastIndexOf('.') + 1),
    target: entry.name,
    shard: shard.name,
    shape: entry.shape,
    dtype: entry.dtype,
    kind: 'pure delta',
    rule: transposed ? 'same name, transposed' : 'same name',
    tensors: [module.a.name, module.b.name],
    rank: module.rank,
    alpha: module.alpha,
    scaling: module.scaling,
    transposed,
  };
}

/**
 * Whether Δ = B @ A must be transposed to fit the weight; undefined if it fits neither way. A linear weight is
 * [out, in]; Conv1D (GPT-2) stores [in, out]; an embedding [vocabulary, dimension] with B [dimension, rank]. Only a
 * square weight leaves the choice to the configuration.
 */
function orientation(module: LoraModule, shape: readonly number[], fanInFanOut: boolean): boolean | undefined {
  const [rows, columns] = shape;
  const [out] = module.b.shape;
  const [, input] = module.a.shape;
  if (shape.length !== 2) return undefined;
  const straight = rows === out && columns === input;
  const turned = rows === input && columns === out;
  if (module.embedding) return turned ? true : undefined;
  if (straight && turned) return fanInFanOut;
  return straight || turned ? turned : undefined;
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

function wrongShape(module: LoraModule, name: string, shape: readonly number[]): string {
  const [out] = module.b.shape;
  const [, input] = module.a.shape;
  const product = module.embedding ? [input, out] : [out, input];
  return `its product is [${product.join(', ')}] but ${name} of the new base is [${shape.join(', ')}]`;
}

export function parametersOf(items: readonly PlanItem[]): number {
  return items.reduce((sum, { shape }) => sum + elements(shape), 0);
}
