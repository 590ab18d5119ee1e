import type { AdapterConfig } from '../adapterConfig.ts';
import { refuse, type Change, type Group, type Read } from '../change.ts';
import { fullMatcher } from '../patterns.ts';
import type { Ia3Recipe } from '../recipe.ts';
import { hasFloats } from '../tensorReader.ts';

/** (IA)³: one factor for every output; for every input where the module is a feed-forward one. */
export function readIa3({ module, entries, rules }: Group, config: AdapterConfig): Read[] {
  const entry = entries.get('ia3_l');
  if (entry === undefined) return [];
  if (!hasFloats(entry)) return [refuse(entry.name, `its dtype ${entry.dtype} is not computed with`, 'base-relative')];
  const size = entry.shape.reduce((all, n) => all * n, 1);
  const over = isFeedForward(module, config) ? 'inputs' : 'outputs';
  const recipe = (shape: Ia3Recipe['shape'], linear: boolean): Ia3Recipe => ({
    method: 'IA³',
    tensors: { factors: entry.name },
    shape,
    linear,
    over,
  });
  const weight: Change = {
    module,
    parameter: 'weight',
    kind: 'base-relative',
    recipe: recipe(over === 'inputs' ? [null, size] : [size, null], true),
    rules,
  };
  // The outputs are scaled after the bias was added, where there is one (peft/tuners/ia3/layer.py, `Linear.merge`).
  const bias: Change = { ...weight, parameter: 'bias', recipe: recipe([size], false), optional: true };
  return over === 'outputs' ? [weight, bias] : [weight];
}

type IsFeedForward = (module: string) => boolean;

/** Kept as long as the configuration is, because every module asks. */
const matchers = new WeakMap<AdapterConfig, IsFeedForward>();

function isFeedForward(module: string, config: AdapterConfig): boolean {
  const matcher = matchers.get(config) ?? feedForwardMatcher(config);
  matchers.set(config, matcher);
  return matcher(module);
}

function feedForwardMatcher({ feedforward_modules: modules }: AdapterConfig): IsFeedForward {
  if (modules == null) return () => false;
  if (typeof modules === 'string') return fullMatcher(modules);
  // Without a dot before it, as PEFT matches them (peft/tuners/ia3/model.py, `_check_target_module_feedforward`).
  const names = new Set(modules);
  const lengths = [...new Set(modules.map(({ length }) => length))];
  return (module) =>
    lengths.some((length) => length <= module.length && names.has(module.slice(module.length - length)));
}
