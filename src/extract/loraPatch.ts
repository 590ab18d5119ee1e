import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../base/abort.ts';
import { InputError } from '../base/errors.ts';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { hasConv1d } from '../checkpoint/conv1d.ts';
import { passes } from '../kernels/linalg/randomisedSvd.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { CONFIG_FILE } from '../patch/adapterConfig.ts';
import { matrixOf } from '../patch/delta.ts';
import { PREFIX } from '../patch/names.ts';
import { ADAPTER_FILE } from '../patch/patch.ts';
import { peftConfig, type LoraSetting } from '../patch/peftConfig.ts';
import { elements } from '../safetensors/shape.ts';
import { described, type ChangedTensor } from './compare.ts';
import { extractPair, isMatrix, moduleInMemory } from './lora.ts';
import type { TensorPair } from './pairs.ts';
import type { Spool } from './spool.ts';
import type { ExtractedTensor, ExtractForm } from './types.ts';

type LoraForm = Exclude<ExtractForm, { kind: 'full' }>;

/**
 * An adapter folder as PEFT writes it: a LoRA pair for every matrix that changed; what is no matrix whole, as a saved module
 * or a bias.
 *
 * @throws InputError if a tensor changed that no LoRA can hold
 */
export async function writeLora(
  changed: readonly ChangedTensor[],
  all: readonly TensorPair[],
  form: LoraForm,
  spool: Spool,
  folder: string,
  oldBase: Checkpoint,
  kernel: LowRankKernel,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<{ tensors: ExtractedTensor[]; warnings: string[] }> {
  const matrices = changed.filter(({ pair }) => isMatrix(pair));
  const others = changed.filter(({ pair }) => !isMatrix(pair));
  assertStorable(others);
  const conv1d = hasConv1d(oldBase.config.modelType);
  const meter = new ProgressMeter('Extracting', { bytes: workOf(matrices, form), tensors: matrices.length }, sink);
  const tensors: ExtractedTensor[] = [];
  const settings: LoraSetting[] = [];
  const warnings: string[] = [];
  for (const tensor of matrices) {
    throwIfCancelled(signal);
    const onTile = (count: number): void => meter.addBytes(4 * count);
    const { module, rank, kept, factors, shortfall } = await extractPair(
      tensor.pair,
      { conv1d },
      form,
      kernel,
      signal,
      onTile,
    );
    for (const { values, ...shape } of factors)
      await spool.add({ ...shape, dtype: 'F32' }, [
        new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      ]);
    settings.push({ module, rank, alpha: rank });
    if (shortfall !== undefined) warnings.push(shortfall);
    tensors.push(described(tensor, 'lora', rank, kept));
    meter.addTensor();
  }
  const saved = await saveWhole(
    others.map(({ pair }) => pair),
    all,
    new Set(settings.map(({ module }) => module)),
    conv1d,
    spool,
  );
  await spool.write(join(folder, ADAPTER_FILE), { format: 'pt' });
  const config = {
    ...peftConfig(settings, oldBase.identity.revision === null ? oldBase.identity.path : oldBase.identity.name),
    // Whole names: PEFT takes every module whose name ends in one of them.
    target_modules: settings.map(({ module }) => module),
    fan_in_fan_out: conv1d,
    ...(oldBase.config.tiesEmbeddings ? { ensure_weight_tying: true } : {}),
    ...saved.config,
  };
  await writeFile(join(folder, CONFIG_FILE), JSON.stringify(config, null, 2) + '\n');
  return { tensors: [...tensors, ...others.map((tensor) => described(tensor, 'saved', null, 1))], warnings };
}

/** Bytes of Δ as often as they are read; for an energy it is not known before, and this is a guess. */
function workOf(matrices: readonly ChangedTensor[], form: LoraForm): number {
  return matrices.reduce((sum, { pair }) => {
    const { shape } = pair.tuned.entry;
    const rank = form.kind === 'rank' ? form.rank : form.maxRank;
    return sum + 4 * elements(shape) * passes(matrixOf(shape), { rank });
  }, 0);
}

function assertStorable(others: readonly ChangedTensor[]): void {
  const large = others.find(({ pair }) => pair.tuned.entry.shape.length > 1);
  if (large === undefined) return;
  throw new InputError(
    `${large.pair.name} changed, and its shape [${large.pair.tuned.entry.shape.join(', ')}] is no matrix that a LoRA could hold.`,
    'Extract the full delta (--full).',
  );
}

/** Vectors as PEFT stores trained ones: a bias beside its weight, or all tensors of a module that is saved whole. */
async function saveWhole(
  others: readonly TensorPair[],
  all: readonly TensorPair[],
  targeted: ReadonlySet<string>,
  conv1d: boolean,
  spool: Spool,
): Promise<{ config: Record<string, unknown> }> {
  const whole = new Set(others.filter(({ name }) => !name.endsWith('.bias')).map(({ name }) => moduleOf(name)));
  const biases = others.filter(({ name }) => name.endsWith('.bias') && !whole.has(moduleOf(name)));
  for (const { name, tuned } of [...all.filter((pair) => whole.has(moduleOf(pair.name))), ...biases]) {
    const [module, parameter] = [moduleInMemory(moduleOf(name), conv1d), name.slice(name.lastIndexOf('.') + 1)];
    const key = `${PREFIX}${module}${targeted.has(module) ? '.base_layer' : ''}.${parameter}`;
    const { dtype, shape } = tuned.entry;
    await spool.add({ name: key, dtype, shape }, [await tuned.shard.file.readTensor(tuned.entry.name)]);
  }
  return {
    config: {
      ...(whole.size > 0 ? { modules_to_save: [...whole].map((module) => moduleInMemory(module, conv1d)) } : {}),
      ...(biases.length > 0 ? { bias: 'all' } : {}),
    },
  };
}

function moduleOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.'));
}
