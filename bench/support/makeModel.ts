/** Checkpoints and patches of real shapes with random weights. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { narrow } from '../../src/kernels/convert.ts';
import { gaussian } from '../../src/kernels/linalg/gaussian.ts';
import { elements } from '../../src/safetensors/shape.ts';
import { canonicalLayout, type TensorShape } from '../../src/safetensors/writer.ts';
import { configOf, linearsOf, tensorsOf, type NamedTensor, type Shape } from './shapes.ts';

/** Values are taken from a pool, from another place for every tensor: making billions anew would take an hour. */
const POOL = 1 << 23;
const WEIGHTS = 0.02;
/** How far the new base is from the old one, in parts of the weights' own spread. */
const EVOLUTION = 0.1;

interface Pool {
  readonly bytes: Uint8Array;
  readonly size: number;
}

function poolOf(values: Float32Array, dtype: 'BF16' | 'F32'): Pool {
  const size = dtype === 'BF16' ? 2 : 4;
  const bytes = new Uint8Array(values.length * size);
  narrow(values, dtype, bytes);
  return { bytes, size };
}

/** Of the old base and of the new: the latter is the former, and something beside it. */
export function basePools(): { readonly old: Pool; readonly new: Pool } {
  const [first, second] = [gaussian(POOL, 1), gaussian(POOL, 2)];
  const oldValues = Float32Array.from(first, (value) => WEIGHTS * value);
  const newValues = Float32Array.from(first, (value, i) => WEIGHTS * (value + EVOLUTION * (second[i] ?? 0)));
  return { old: poolOf(oldValues, 'BF16'), new: poolOf(newValues, 'BF16') };
}

/** The bytes of a tensor from its own place in the pool on, in pieces. */
function* bytesFrom({ bytes, size }: Pool, name: string, count: number): Generator<Uint8Array> {
  let at = (hash(name) % (bytes.length / size)) * size;
  for (let left = count * size; left > 0;) {
    const length = Math.min(left, bytes.length - at);
    yield bytes.subarray(at, at + length);
    left -= length;
    at = 0;
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

async function writeFile(
  path: string,
  tensors: readonly TensorShape[],
  poolFor: (name: string) => Pool,
): Promise<number> {
  const layout = canonicalLayout(tensors, { format: 'pt' });
  await using file = await open(path, 'w');
  await file.writeFile(layout.headerBytes);
  for (const { name, shape } of layout.placements)
    for (const piece of bytesFrom(poolFor(name), name, elements(shape))) await file.writeFile(piece);
  return layout.fileBytes;
}

/** A checkpoint in bf16. @returns its bytes */
export async function makeModel(folder: string, shape: Shape, pool: Pool, shards = shape.shards): Promise<number> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), configOf(shape));
  const groups = split(tensorsOf(shape), shards);
  const map: Record<string, string> = {};
  let bytes = 0;
  for (const [i, group] of groups.entries()) {
    const number = (n: number): string => String(n).padStart(5, '0');
    const name = shards === 1 ? 'model.safetensors' : `model-${number(i + 1)}-of-${number(shards)}.safetensors`;
    const tensors = group.map((tensor) => ({ ...tensor, dtype: 'BF16' as const }));
    bytes += await writeFile(join(folder, name), tensors, () => pool);
    for (const tensor of group) map[tensor.name] = name;
  }
  const index = { metadata: { total_size: 2 * parametersOf(shape) }, weight_map: map };
  if (shards > 1) writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index, null, 2));
  return bytes;
}

export function parametersOf(shape: Shape): number {
  return tensorsOf(shape).reduce((sum, tensor) => sum + elements(tensor.shape), 0);
}

/** In order, each of about the same bytes, and none empty. */
function split(tensors: readonly NamedTensor[], count: number): NamedTensor[][] {
  const total = tensors.reduce((sum, { shape }) => sum + elements(shape), 0);
  const groups: NamedTensor[][] = Array.from({ length: count }, () => []);
  let done = 0;
  tensors.forEach((tensor, i) => {
    const byBytes = Math.floor((count * done) / total);
    const left = tensors.length - i;
    const last = groups.findLastIndex((group) => group.length > 0);
    groups[Math.min(last + 1, Math.max(byBytes, count - left))]?.push(tensor);
    done += elements(tensor.shape);
  });
  return groups;
}

/** A LoRA on all linears, or on those whose names end so; float32, as PEFT saves it. */
export async function makeLora(
  folder: string,
  shape: Shape,
  base: string,
  rank: number,
  targets: readonly string[] = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const config = {
    ...{ peft_type: 'LORA', task_type: 'CAUSAL_LM', base_model_name_or_path: base, bias: 'none', inference_mode: true },
    ...{ r: rank, lora_alpha: 2 * rank, lora_dropout: 0, target_modules: targets, fan_in_fan_out: false },
  };
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config, null, 2));
  const linears = linearsOf(shape).filter(({ module }) => targets.some((target) => module.endsWith(target)));
  const tensors = linears.flatMap(({ module, rows, columns }) => [
    { name: `base_model.model.${module}.lora_A.weight`, dtype: 'F32' as const, shape: [rank, columns] },
    { name: `base_model.model.${module}.lora_B.weight`, dtype: 'F32' as const, shape: [rows, rank] },
  ]);
  const values = gaussian(POOL, 3);
  const pool = (spread: number): Pool =>
    poolOf(
      Float32Array.from(values, (value) => spread * value),
      'F32',
    );
  const [a, b] = [pool(0.02), pool(0.006)];
  return writeFile(join(folder, 'adapter_model.safetensors'), tensors, (name) => (name.includes('lora_A') ? a : b));
}
