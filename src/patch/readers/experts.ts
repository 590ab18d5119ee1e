import type { TensorEntry } from '../../safetensors/header.ts';
import type { AdapterConfig } from '../adapterConfig.ts';
import { ByEnd } from '../byEnd.ts';
import { refuse, type Group, type Read } from '../change.ts';
import { hasFloats } from '../tensorReader.ts';
import { scalingFor } from './lora.ts';

const BASE_LAYER = '.base_layer';

/**
 * Factors on the parameters of experts (`target_parameters`): A [experts · rank, in], B [out, rank · experts]. Parameters of
 * one module nest, the inner one under `base_layer`; which parameter a pair belongs to is told by its shape against the base,
 * so here it is only recognised.
 */
export function readExperts(groups: Map<string, Group>, config: AdapterConfig): Read[] {
  const names = config.target_parameters ?? [];
  if (names.length === 0) return [];
  const owners = new ByEnd([...new Set(names)].map(ownerAndParameter));
  const reads: Read[] = [];
  for (const group of [...groups.values()]) {
    const module = withoutNesting(group.module);
    const parameters = owners.find(module);
    const [a, b] = [group.entries.get('lora_A'), group.entries.get('lora_B')];
    if (parameters.length === 0 || !a || !b) continue;
    groups.delete(group.module);
    reads.push(readPair({ ...group, module }, parameters, a, b, config));
  }
  return reads;
}

function withoutNesting(module: string): string {
  let outer = module;
  while (outer.endsWith(BASE_LAYER)) outer = outer.slice(0, -BASE_LAYER.length);
  return outer;
}

/** `mlp.experts.gate_up_proj` names the parameter gate_up_proj of modules that end in mlp.experts. */
function ownerAndParameter(name: string): [owner: string, parameter: string] {
  const dot = name.lastIndexOf('.');
  return [name.slice(0, Math.max(0, dot)), name.slice(dot + 1)];
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
