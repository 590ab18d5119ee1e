import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import type { Change } from '../../patch/change.ts';
import type { ExpertsRecipe } from '../../patch/recipe.ts';
import { isFloatDtype } from '../../safetensors/dtypes.ts';
import { noTarget, partOf, showShape, type Ground, type Placed } from './placement.ts';

/** One parameter of a layer's experts as transformers 5 has it in memory: [experts, d1, d2]. */
interface Fused {
  readonly parameter: string;
  readonly experts: number;
  readonly d1: number;
  readonly d2: number;
  /** Where rows of expert e lie: all of them, or its gate and its up. */
  readonly places: (expert: number) => { located: LocatedTensor; from: number; rows: number; begin: number }[];
  readonly rule: string;
}

/** Factors for all experts, on a base that stores each expert by itself, or all in one. */
export function placeExperts(change: Change, ground: Ground): Placed[] {
  const recipe = change.recipe as ExpertsRecipe;
  const readings = recipe.parameters.flatMap((parameter) =>
    fusedIn(change.module, parameter, ground.newBase).flatMap((fused) => orientations(recipe, fused)),
  );
  const turned = STORED_TURNED.has(ground.newBase.config.modelType);
  const chosen = turned ? chooseTurned(readings) : choose(readings, recipe.peftVersion);
  if (typeof chosen === 'string') return [noTarget(change, chosen)];
  const { fused, flipped } = chosen;
  const outdated = flipped && !turned;
  const rank = recipe.stacked / fused.experts;
  const alpha = recipe.alphas[fused.parameter] ?? NaN;
  const scaling = alpha / (recipe.rankStabilised ? Math.sqrt(rank) : rank);
  const rule = [...change.rules, fused.rule, flipped ? `${fused.parameter}, transposed` : fused.parameter].join(', ');
  return Array.from({ length: fused.experts }, (_, expert) =>
    fused.places(expert).map(({ located, from, rows, begin }): Placed => {
      if (!isFloatDtype(located.entry.dtype))
        return noTarget(
          change,
          `the base's ${located.entry.name} is ${located.entry.dtype}, which is not computed with`,
        );
      const shape = [rows, fused.d2];
      const common = { tensors: recipe.tensors, shape, linear: false, rank, alpha, scaling };
      const own = { expert, experts: fused.experts, from, flipped, outdated };
      const slice = { ...common, ...own, method: 'LoRA on an expert' as const };
      const part = partOf({ kind: change.kind, recipe: slice }, { rule, shape, begin });
      const module = located.entry.name.replace(/\.weight$/, '');
      return { module, target: located.entry.name, source: located, part };
    }),
  ).flat();
}

interface Reading {
  readonly fused: Fused;
  readonly flipped: boolean;
}

/** Which way round the factors fit: B @ A is [d1, d2], or its transpose is. */
function orientations({ stacked, shape }: ExpertsRecipe, fused: Fused): Reading[] {
  if (stacked % fused.experts !== 0) return [];
  const [, out, input] = shape;
  const readings: Reading[] = [];
  if (out === fused.d1 && input === fused.d2) readings.push({ fused, flipped: false });
  if (out === fused.d2 && input === fused.d1) readings.push({ fused, flipped: true });
  return readings;
}

/**
 * PEFT turned its factors round in 0.19.0: from then on B @ A is [out, in] for experts stored so. Where the shape does not
 * tell, the version does; else nothing is guessed.
 */
function choose(readings: readonly Reading[], version: string | null): Reading | string {
  const [only, ...others] = readings;
  if (only === undefined) return 'its factors fit no parameter of the experts of the new base';
  if (others.length === 0) return only;
  const since = version === null ? undefined : comparable(version);
  if (since === undefined) return 'its factors fit in more than one way, and it does not say which PEFT wrote it';
  const fitting = readings.filter(({ flipped }) => flipped === since < comparable('0.19.0'));
  const [fitted] = fitting;
  if (fitting.length !== 1 || fitted === undefined) return 'its factors fit more than one parameter of the experts';
  return fitted;
}

/** Classes that store experts [experts, in, out] (`is_transposed` in transformers): there B @ A is always the transpose. */
const STORED_TURNED = new Set(['gpt_oss', 'aria', 'openai_privacy_filter', 'llama4', 'llama4_text']);

function chooseTurned(readings: readonly Reading[]): Reading | string {
  const [only, ...others] = readings.filter(({ flipped }) => flipped);
  return only === undefined || others.length > 0 ? 'its factors fit no single parameter of the experts' : only;
}

function comparable(version: string): number {
  const [major = 0, minor = 0, fix = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return (major * 1000 + minor) * 1000 + fix;
}

const PER_EXPERT: Readonly<Record<string, readonly (readonly string[])[]>> = {
  gate_up_proj: [
    ['gate_proj', 'up_proj'],
    ['w1', 'w3'],
  ],
  down_proj: [['down_proj'], ['w2']],
};

function fusedIn(module: string, parameter: string, base: Checkpoint): Fused[] {
  const modules = [module, module.replace('.mlp.experts', '.block_sparse_moe.experts')];
  return [...new Set(modules)].flatMap((name) => [
    ...storedFused(name, parameter, base),
    ...(PER_EXPERT[parameter] ?? []).flatMap((parts) => storedPerExpert(name, parameter, parts, base)),
  ]);
}

function storedFused(module: string, parameter: string, base: Checkpoint): Fused[] {
  const located = base.tensors.get(`${module}.${parameter}`) ?? base.tensors.get(`${module}.${parameter}.weight`);
  const [experts = 0, d1 = 0, d2 = 0, ...more] = located?.entry.shape ?? [];
  if (located === undefined || more.length > 0 || experts * d1 * d2 === 0) return [];
  const places: Fused['places'] = (expert) => [{ located, from: 0, rows: d1, begin: expert * d1 }];
  return [{ parameter, experts, d1, d2, places, rule: 'experts in one tensor' }];
}

function storedPerExpert(module: string, parameter: string, parts: readonly string[], base: Checkpoint): Fused[] {
  const at = (expert: number, part: string): LocatedTensor | undefined =>
    base.tensors.get(`${module}.${expert}.${part}.weight`);
  let experts = 0;
  while (parts.every((part) => at(experts, part))) experts++;
  const [rows = 0, d2 = 0] = at(0, parts[0] ?? '')?.entry.shape ?? [];
  if (experts === 0) return [];
  const places: Fused['places'] = (expert) =>
    parts.flatMap((part, i) => {
      const located = at(expert, part);
      return located ? [{ located, from: i * rows, rows, begin: 0 }] : [];
    });
  return [{ parameter, experts, d1: rows * parts.length, d2, places, rule: 'one tensor for each expert' }];
}

/** The reverse: a pair for one expert, on a base that stores all of them in one tensor [experts, rows, columns]. */
export function placeOnFused(change: Change, { newBase }: Ground): Placed[] | undefined {
  const match = /^(.*\.experts)\.(\d+)\.(gate_proj|up_proj|down_proj|w1|w2|w3)$/.exec(change.module);
  if (match === null || change.parameter !== 'weight' || change.recipe.method !== 'LoRA') return undefined;
  const [, owner = '', number = '', projection = ''] = match;
  const parameter = /^(down_proj|w2)$/.test(projection) ? 'down_proj' : 'gate_up_proj';
  const owners = [owner, owner.replace('.block_sparse_moe.', '.mlp.')];
  const fused = [...new Set(owners)].flatMap((name) => storedFused(name, parameter, newBase))[0];
  const place = fused?.places(Number(number))[0];
  if (fused === undefined || place === undefined || Number(number) >= fused.experts) return undefined;
  const [rows = 0, columns = 0] = change.recipe.shape;
  const half = parameter === 'gate_up_proj' ? fused.d1 / 2 : fused.d1;
  if (rows !== half || columns !== fused.d2)
    return [
      noTarget(
        change,
        `it changes a weight of ${showShape(change.recipe.shape)}, but an expert of the new base is ${showShape([half, fused.d2])}`,
      ),
    ];
  const begin = place.begin + (/^(up_proj|w3)$/.test(projection) ? half : 0);
  const rule = [...change.rules, `one expert of ${place.located.entry.name}`].join(', ');
  const part = partOf(change, { rule, shape: [half, fused.d2], begin });
  return [{ module: change.module, target: place.located.entry.name, source: place.located, part }];
}
