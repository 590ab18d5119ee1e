import type { TensorFile } from '../../safetensors/file.ts';
import type { TensorEntry } from '../../safetensors/header.ts';
import { elements } from '../../safetensors/shape.ts';
import { refuse, type Read } from '../change.ts';
import { hasFloats, readFloats } from '../tensorReader.ts';

const RULE = 'kohya: the name with underscores for dots';
const LEAF = /^(.+)\.(lora_down\.weight|lora_up\.weight|alpha)$/;

/** Whether a file is of kohya's making: every tensor is a lora_down, a lora_up or an alpha. */
export function isKohya(names: Iterable<string>): boolean {
  const all = [...names];
  return all.length > 0 && all.every((name) => LEAF.test(name));
}

interface Parts {
  readonly down?: TensorEntry;
  readonly up?: TensorEntry;
  readonly alpha?: TensorEntry;
}

/**
 * Files of kohya's scripts: Δ = alpha / r · up @ down, alpha a tensor beside them, r where there is none; modules named with
 * underscores after `lora_te_` or the like, so that only the base tells what they are (networks/lora.py).
 */
export async function readKohya(file: TensorFile): Promise<Read[]> {
  const modules = new Map<string, Parts>();
  for (const entry of file.header.tensors.values()) {
    const [, module = '', leaf = ''] = LEAF.exec(entry.name) ?? [];
    const role = leaf.replace(/^lora_|\.weight$/g, '');
    modules.set(module, { ...modules.get(module), [role]: entry });
  }
  return Promise.all([...modules].map(([module, parts]) => readModule(file, module, parts)));
}

async function readModule(file: TensorFile, module: string, { down, up, alpha }: Parts): Promise<Read> {
  const some = down ?? up ?? alpha;
  if (!down || !up) return refuse(some?.name ?? module, 'its partner is missing');
  const [rank = 0, ...inputs] = down.shape;
  const [out = 0, inner, ...ones] = up.shape;
  if (
    inner !== rank ||
    ones.some((size) => size !== 1) ||
    up.shape.length !== down.shape.length ||
    rank === 0 ||
    !hasFloats(down) ||
    !hasFloats(up)
  )
    return refuse(down.name, `its shape [${down.shape.join(', ')}] does not fit lora_up's [${up.shape.join(', ')}]`);
  if (alpha && elements(alpha.shape) !== 1) return refuse(alpha.name, `it has the shape [${alpha.shape.join(', ')}]`);
  const [stated = rank] = alpha ? await readFloats(file, alpha.name) : [];
  return {
    module: module.replace(/^lora_(te\d*|unet|transformer)_/, ''),
    parameter: 'weight',
    kind: 'pure delta',
    rules: [RULE],
    flattened: true,
    recipe: {
      method: inputs.length > 1 ? 'LoRA convolution' : 'LoRA',
      tensors: { a: down.name, b: up.name, ...(alpha ? { alpha: alpha.name } : {}) },
      shape: [out, ...inputs],
      linear: inputs.length === 1,
      rank,
      alpha: stated,
      scaling: stated / rank,
      embedding: false,
    },
  };
}
