import { embeddingOf, isEmbeddingTensor, isHead } from '../../checkpoint/tied.ts';
import type { PatchKind } from '../../patch/keys.ts';
import { rankOf, scalingOf } from '../../patch/recipe.ts';
import type { Ground, Placement } from './placement.ts';
import type { Copy, OutputKind, PlanItem, PlanPart } from './planTypes.ts';

/** From the harmless to the grave. */
const GRAVITY: readonly PatchKind[] = ['pure delta', 'base-relative', 'absolute', 'unportable'];

/** One item for each tensor of the output that changes, whatever contributes to it; in the order of the layers. */
export function mergePlacements(
  placements: readonly Placement[],
  ground: Ground,
  as: OutputKind,
): { items: PlanItem[]; unties: boolean } {
  const byTarget = new Map<string, Placement[]>();
  for (const placement of placements) {
    const others = byTarget.get(placement.target);
    if (others) others.push(placement);
    else byTarget.set(placement.target, [placement]);
  }
  const items = [...byTarget.values()].map((same) => makeItem(same, ground.ensured));
  const { config } = ground.newBase;
  const unties =
    as === 'checkpoint' &&
    config.tiesEmbeddings &&
    ground.tied === 'separate' &&
    items.some(({ target, module }) => isEmbeddingTensor(target) || isHead(module));
  if (unties) items.push(...headAsItWas(items, ground));
  return { items: items.sort(byLayer), unties };
}

/** Where only the embedding changes, the head that shared it keeps the new base's values, as it did in training. */
function headAsItWas(items: readonly PlanItem[], { newBase }: Ground): PlanItem[] {
  const embedding = embeddingOf(newBase);
  const hasHead = [...newBase.tensors.keys(), ...items.map(({ target }) => target)].some((name) =>
    isHead(name.replace(/\.weight$/, '')),
  );
  if (embedding === undefined || hasHead) return [];
  const rule = 'the head was tied: it keeps the values of the new base';
  return [{ ...makeItem([{ module: 'lm_head', target: 'lm_head.weight', source: embedding }], false), rule }];
}

export function makeItem(
  placements: readonly (Omit<Placement, 'part'> & { readonly part?: PlanPart })[],
  ensured: boolean,
): PlanItem {
  const [first] = placements;
  if (first === undefined) throw new Error('an item without a placement');
  const { entry, shard } = first.source;
  const parts = joinCopies(
    placements.flatMap(({ part }) => part ?? []),
    ensured,
  );
  const recipes = parts.map(({ recipe }) => recipe);
  const distinct = (texts: readonly string[]): string => [...new Set(texts)].join(' + ');
  return {
    module: first.module,
    layer: layerOf(first.module),
    type: first.module.slice(first.module.lastIndexOf('.') + 1),
    target: first.target,
    source: entry.name,
    shard: shard.name,
    shape: first.shape ?? entry.shape,
    dtype: entry.dtype,
    kind: GRAVITY[Math.max(0, ...parts.map(({ kind }) => GRAVITY.indexOf(kind)))] ?? 'pure delta',
    method: distinct(recipes.map(({ method }) => method)),
    rule: distinct(parts.map(({ rule }) => rule)),
    tensors: [...new Set(parts.flatMap(({ tensors }) => tensors))],
    rank: recipes.map(rankOf).find((rank) => rank !== null) ?? null,
    scaling: recipes.map(scalingOf).find((scaling) => scaling !== null) ?? null,
    parts,
  };
}

/**
 * A tied matrix that was saved as embedding and as head replaces the one tensor once, not twice. Likewise one that PEFT kept
 * tied in training (`ensure_weight_tying`): the head's factors are the embedding's, the other way round.
 */
function joinCopies(parts: readonly PlanPart[], ensured: boolean): PlanPart[] {
  const absolute = parts.filter(({ kind }) => kind === 'absolute');
  const [embedding, head] = [true, false].map((wanted) =>
    parts.find(({ recipe }) => recipe.method === 'LoRA' && recipe.embedding === wanted),
  );
  if (absolute.length > 1)
    return joinAs(parts, absolute, ([own = ''], [copy = '']) => [{ own, copy, transposed: false }]);
  if (!ensured || embedding === undefined || head === undefined) return [...parts];
  return joinAs(parts, [embedding, head], ([a = '', b = ''], [headA = '', headB = '']) => [
    { own: a, copy: headB, transposed: true },
    { own: b, copy: headA, transposed: true },
  ]);
}

function joinAs(
  parts: readonly PlanPart[],
  [first, ...others]: readonly PlanPart[],
  pair: (own: readonly string[], copy: readonly string[]) => Copy[],
): PlanPart[] {
  if (first === undefined) return [...parts];
  const copies = others.flatMap(({ tensors }) => pair(first.tensors, tensors));
  const joined = { ...first, copies, tensors: [...first.tensors, ...others.flatMap(({ tensors }) => tensors)] };
  return parts.flatMap((part) => (part === first ? [joined] : others.includes(part) ? [] : [part]));
}

function layerOf(module: string): number | null {
  const match = /\.(\d+)\./.exec(module);
  return match?.[1] === undefined ? null : Number(match[1]);
}

function byLayer(a: PlanItem, b: PlanItem): number {
  return (a.layer ?? -1) - (b.layer ?? -1) || (a.target < b.target ? -1 : 1);
}
