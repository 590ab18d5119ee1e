import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { canonicalKey, PREFIX } from '../../patch/names.ts';
import type { Change } from '../../patch/change.ts';
import { tensorsOf, type ExpertRecipe } from '../../patch/recipe.ts';
import type { TensorEntry } from '../../safetensors/header.ts';
import type { PortInputs } from '../plan/inputs.ts';
import type { PlanItem, PlanPart } from '../plan/planTypes.ts';

/** What becomes of one tensor of the patch in the ported adapter. */
export type Fate =
  | { readonly kind: 'copied' }
  /** Absolute: the new base's tensor with the difference added. */
  | { readonly kind: 'saved anew'; readonly item: PlanItem; readonly part: PlanPart }
  /** A row, or a column, for each token of the new vocabulary. */
  | {
      readonly kind: 'rows mapped' | 'columns mapped' | 'tokens mapped';
      readonly item: PlanItem;
      readonly part: PlanPart;
    }
  /** VeRA has no alpha: λ goes into its vector of outputs. */
  | { readonly kind: 'scaled' }
  /** MLX stores it the other way round. */
  | { readonly kind: 'transposed' }
  /** A factor for all experts, from its partner: PEFT 0.19 turned them round. */
  | { readonly kind: 'turned'; readonly recipe: ExpertRecipe }
  /** A counter inside a saved module: the new base's own. */
  | { readonly kind: 'from the base'; readonly located: LocatedTensor }
  | { readonly kind: 'dropped' };

export interface AdapterTensor {
  /** As PEFT looks for it. */
  readonly name: string;
  readonly entry: TensorEntry;
  readonly fate: Fate;
}

/** Every tensor of the patch, as the plan has it. Pure deltas stay; what stands for rows of the old base does not. */
export function planAdapter({ patch, plan, newBase }: PortInputs): AdapterTensor[] {
  const places = new Map<string, { item: PlanItem; part: PlanPart }>();
  for (const item of plan.items)
    for (const part of item.parts) for (const tensor of part.tensors) places.set(tensor, { item, part });
  const modules = new Map(
    patch.changes.flatMap((change) => tensorsOf(change.recipe).map((name) => [name, change] as const)),
  );
  return [...patch.file.header.tensors.values()].map((entry) => {
    const place = places.get(entry.name);
    const fate = place ? fateOf(entry.name, place, plan.request.scale) : fateOfWitness(entry, newBase);
    const change = modules.get(entry.name);
    const name =
      place && patch.dialect !== 'PEFT' ? foreignName(entry.name, place) : adapterName(entry.name, change, place?.item);
    return { name, entry, fate };
  });
}

function fateOfWitness({ name, dtype, shape }: TensorEntry, newBase: Checkpoint): Fate {
  const located = newBase.tensors.get(canonicalKey(name).key.slice(PREFIX.length));
  const same = located?.entry.dtype === dtype && String(located.entry.shape) === String(shape);
  return located && same ? { kind: 'from the base', located } : { kind: 'dropped' };
}

function fateOf(tensor: string, { item, part }: { item: PlanItem; part: PlanPart }, scale: number): Fate {
  const { recipe } = part;
  if (recipe.method === 'whole tensor') return { kind: 'saved anew', item, part };
  if (recipe.method === 'token rows') return { kind: 'tokens mapped', item, part };
  if (recipe.method === 'LoRA' && recipe.turned) return { kind: 'transposed' };
  if (recipe.tensors.alpha === tensor) return { kind: 'dropped' };
  if (recipe.method === 'LoRA on an expert' && recipe.outdated) return { kind: 'turned', recipe };
  if (recipe.method === 'VeRA' && scale !== 1 && tensor === recipe.tensors.outputs) return { kind: 'scaled' };
  if (!part.byToken) return { kind: 'copied' };
  if (recipe.method === 'LoRA' && recipe.embedding && tensor === recipe.tensors.a)
    return { kind: 'columns mapped', item, part };
  if (recipe.method === 'LoRA bias') return { kind: 'rows mapped', item, part };
  if (recipe.method === 'LoRA' && !recipe.embedding && tensor === recipe.tensors.b)
    return { kind: 'rows mapped', item, part };
  return { kind: 'copied' };
}

/** PEFT's key for a factor of another dialect. */
function foreignName(tensor: string, { item, part }: { item: PlanItem; part: PlanPart }): string {
  const factor = part.recipe.tensors.a === tensor ? 'A' : 'B';
  return `${PREFIX}${moduleInMemory('', item.target.replace(/\.weight$/, ''))}.lora_${factor}.weight`;
}

/**
 * The key under which PEFT and vLLM look for it: PEFT's own spelling, and the module's name in the model that transformers
 * builds from the new base, where that moved.
 */
function adapterName(written: string, change: Change | undefined, item: PlanItem | undefined): string {
  const { key } = canonicalKey(written);
  if (change === undefined || item === undefined || !key.startsWith(`${PREFIX}${change.module}.`)) return key;
  const leaf = key.slice(PREFIX.length + change.module.length);
  return PREFIX + moduleInMemory(change.module, item.target.replace(/\.[^.]+$/, '')) + leaf;
}

/** The disk may lack the prefix of the class, and stores experts one by one; text models inside others have moved. */
export function moduleInMemory(module: string, target: string): string {
  if (module === target || module.endsWith(`.${target}`) || /\.(experts|block_sparse_moe|gate)\b/.test(module))
    return module;
  if (/(^|\.)(lm_head|embed_out)$/.test(module) && !target.endsWith(module)) return module;
  return target
    .replace(/^language_model\.model\./, 'model.language_model.')
    .replace(/^language_model\.lm_head/, 'lm_head');
}
