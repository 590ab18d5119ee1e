import type { TensorEntry } from '../../safetensors/header.ts';
import type { AdapterConfig } from '../adapterConfig.ts';
import { refuse, type Group, type Read } from '../change.ts';
import { hasFloats } from '../tensorReader.ts';
import { scalingFor } from './lora.ts';

/**
 * Factors on the parameters of experts (`target_parameters`): A [experts · rank, in], B [out, rank · experts]. Parameters of
 * one module nest, the inner one under `base_layer`; which parameter a pair belongs to is told by its shape against the base
 * (formats.md §4), so here it is only recognised.
 */
export function readExperts(groups: Map<string, Group>, config: AdapterConfig): Read[] {
  const names = config.target_parameters ?? [];
  if (names.length === 0) return [];
  const reads: Read[] = [];
  for (const group of [...groups.values()]) {
    const module = group.module.replace(/(\.base_layer)+$/, '');
    const parameters = parametersOf(module, names);
    const [a, b] = [group.entries.get('lora_A'), group.entries.get('lora_B')];
    if (parameters.length === 0 || !a || !b) continue;
    groups.delete(group.module);
    reads.push(readPair({ ...group, module }, parameters, a, b, config));
  }
  return reads;
}

/** `mlp.experts.gate_up_proj` names the parameter gate_up_proj of modules that end in mlp.experts. */
function parametersOf(module: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const dot = name.lastIndexOf('.');
    const [owner, parameter] = [name.slice(0, Math.max(0, dot)), name.slice(dot + 1)];
    return module === owner || module.endsWith(`.${owner}`) ? [parameter] : [];
  });
}

function readPair(
  { module, rules }: Group,
  parameters: readonly string[],
  a: TensorEntry,
  b: TensorEntry,
  config: AdapterConfig,
): Read {
  const [stacked = 0, input = 0] = a.shape;
  const [out = 0, other] = b.shape;
  if (other !== stacked || !hasFloats(a) || !hasFloats(b))
    return refuse(a.name, 'its two factors do not fit one another', 'pure delta');
  return {
    module,
    parameter: parameters.length === 1 ? (parameters[0] ?? '') : '',
    kind: 'pure delta',
    rules,
    recipe: {
      method: 'LoRA on experts',
      tensors: { a: a.name, b: b.name },
      shape: [null, out, input],
      linear: false,
      parameters,
      stacked,
      alphas: Object.fromEntries(
        parameters.map((parameter) => [parameter, scalingFor(`${module}.${parameter}`, 1, config).alpha]),
      ),
      rankStabilised: config.use_rslora === true,
      peftVersion: config.peft_version ?? null,
    },
  };
}
