import type { AdapterConfig } from '../adapterConfig.ts';
import { refuse, type Group, type Read } from '../change.ts';
import { patternValue } from '../patterns.ts';
import type { LohaRecipe } from '../recipe.ts';
import { hasFloats } from '../tensorReader.ts';
import { scalingFor } from './lora.ts';

const PREFIX = { LoHa: 'hada_', LoKr: 'lokr_' } as const;

/** LoHa and LoKr, as PEFT took them over from LyCORIS: the rank stands in the shapes, but for a LoKr of whole matrices. */
export function readLycoris(method: 'LoHa' | 'LoKr') {
  return ({ module, entries, rules }: Group, config: AdapterConfig): Read[] => {
    const parts = [...entries].filter(([role]) => role.startsWith(PREFIX[method]));
    const [first] = parts;
    if (first === undefined) return [];
    const tensors = Object.fromEntries(parts.map(([role, { name }]) => [role.slice(PREFIX[method].length), name]));
    const odd = parts.find(([, entry]) => !hasFloats(entry));
    if (odd) return [refuse(odd[1].name, `its dtype ${odd[1].dtype} is not a float that can be computed with`)];
    const size = (role: string): readonly number[] | undefined => entries.get(PREFIX[method] + role)?.shape;
    const shape = method === 'LoHa' ? lohaShape(size) : lokrShape(size);
    if (shape === undefined || shape.rank === 0) return [refuse(first[1].name, 'its factors are not complete')];
    // Whole factors do not show it.
    const rank = shape.rank ?? patternValue(config.rank_pattern ?? {}, module, config.r ?? NaN);
    if (Number.isNaN(rank)) return [refuse(first[1].name, 'its rank is not stated')];
    const { alpha, scaling } = scalingFor(module, rank, ownSettings(config));
    const recipe: LohaRecipe = { method, tensors, shape: shape.size, linear: true, rank, alpha, scaling };
    return [{ module, parameter: 'weight', kind: 'pure delta', recipe, rules }];
  };
}

/** Their alpha is called alpha, and there is no rank stabilisation. */
function ownSettings(config: AdapterConfig): AdapterConfig {
  return { ...config, lora_alpha: config.alpha ?? config.lora_alpha, use_rslora: false };
}

type SizeOf = (role: string) => readonly number[] | undefined;

interface Found {
  /** [outputs, everything else]: a convolution's kernel is known only to the base. */
  readonly size: readonly number[];
  readonly rank: number | undefined;
}

function lohaShape(size: SizeOf): Found | undefined {
  const [a, b, core] = [size('w1_a'), size('w1_b'), size('t1')];
  if (!a || !b || !size('w2_a') || !size('w2_b')) return undefined;
  if (String(a) !== String(size('w2_a')) || String(b) !== String(size('w2_b')) || String(core) !== String(size('t2')))
    return undefined;
  if (a.length !== 2 || b.length !== 2 || a[core ? 0 : 1] !== b[0]) return undefined;
  if (core === undefined) return { size: [a[0] ?? 0, b[1] ?? 0], rank: b[0] };
  return { size: [a[1] ?? 0, (b[1] ?? 0) * product(core.slice(2))], rank: b[0] };
}

function lokrShape(size: SizeOf): Found | undefined {
  const [one, two] = [size('w1'), size('w2')];
  const [a1, b1, a2, b2, core] = [size('w1_a'), size('w1_b'), size('w2_a'), size('w2_b'), size('t2')];
  if ((a1 && b1 && a1[1] !== b1[0]) || (a2 && b2 && a2[core ? 0 : 1] !== b2[0])) return undefined;
  const left = one ?? (a1 && b1 && [a1[0] ?? 0, b1[1] ?? 0]);
  const right = two ? [two[0] ?? 0, product(two.slice(1))] : productShape(a2, b2, core);
  if (!left || !right) return undefined;
  const [l0 = 0, l1 = 0] = left;
  const [r0 = 0, r1 = 0] = right;
  return { size: [l0 * r0, l1 * r1], rank: b1?.[0] ?? b2?.[0] };
}

function productShape(
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
  core: readonly number[] | undefined,
): readonly number[] | undefined {
  if (!a || !b) return undefined;
  return core ? [a[1] ?? 0, (b[1] ?? 0) * product(core.slice(2))] : [a[0] ?? 0, b[1] ?? 0];
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}
