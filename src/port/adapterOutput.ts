import { copyFile, open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled, yieldToEvents } from '../base/abort.ts';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import type { CheckpointIdentity } from '../checkpoint/identityTypes.ts';
import { resolveInside } from '../checkpoint/shards.ts';
import { tokenizerFiles } from '../checkpoint/sideFiles.ts';
import { CONFIG_FILE } from '../patch/adapterConfig.ts';
import { canonicalKey } from '../patch/names.ts';
import { ADAPTER_FILE } from '../patch/patch.ts';
import type { SafetensorsFile } from '../safetensors/file.ts';
import { canonicalLayout } from '../safetensors/writer.ts';
import { portedTensor, type WrittenTensors } from './checkpointOutput.ts';
import { deltaNorm, readFactors } from './factors.ts';
import type { PortInputs } from './inputs.ts';

/**
 * Writes the patch re-based on the new base. Pure deltas do not depend on the base, so the weights stay as they are (byte
 * for byte, where their names are PEFT's own) and only the configuration changes: which base, and a scale if one is given.
 */
export async function writeAdapter(
  inputs: PortInputs,
  folder: string,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<WrittenTensors> {
  const { patch, plan } = inputs;
  const bytes = plan.items.reduce(
    (sum, { rank, shape: [rows = 0, columns = 0] }) => sum + 4 * rank * (rows + columns),
    0,
  );
  const meter = new ProgressMeter('Porting', { bytes, tensors: plan.items.length }, sink);
  const tensors = [];
  for (const item of plan.items) {
    await yieldToEvents(signal);
    const factors = await readFactors(patch.file, item, plan.request.scale);
    tensors.push(portedTensor(item, deltaNorm(factors)));
    meter.addBytes((factors.left.length + factors.right.length) * 4);
    meter.addTensor();
  }
  await writeWeights(patch.file, join(folder, ADAPTER_FILE), signal);
  await writeFile(join(folder, CONFIG_FILE), rebasedConfig(inputs));
  for (const name of tokenizerFiles(patch.names))
    await copyFile(await resolveInside(patch.folder, name), join(folder, name));
  return { tensors, untouched: [] };
}

/** Through the handle that was planned with, so that it is that file and no other. */
async function writeWeights(source: SafetensorsFile, target: string, signal: AbortSignal): Promise<void> {
  const output = await open(target, 'wx');
  const renamed = [...source.header.tensors.keys()].some((name) => canonicalKey(name).rules.length > 0);
  try {
    await (renamed ? writeRenamed(source, output, signal) : copyBytes(source, output, signal));
    await source.assertUnchanged();
    await output.sync();
  } finally {
    await output.close();
  }
}

async function copyBytes(source: SafetensorsFile, output: FileHandle, signal: AbortSignal): Promise<void> {
  for await (const piece of source.pieces(0, source.header.fileBytes)) {
    throwIfCancelled(signal);
    await output.writeFile(piece);
  }
}

/** The same tensors under the names that PEFT and vLLM look for. */
async function writeRenamed(source: SafetensorsFile, output: FileHandle, signal: AbortSignal): Promise<void> {
  const entries = [...source.header.tensors.values()];
  const original = new Map(entries.map(({ name }) => [canonicalKey(name).key, name]));
  const tensors = entries.map(({ name, dtype, shape }) => ({ name: canonicalKey(name).key, dtype, shape }));
  const layout = canonicalLayout(tensors, { format: 'pt', ...Object.fromEntries(source.header.metadata) });
  await output.writeFile(layout.headerBytes);
  for (const { name } of layout.placements) {
    throwIfCancelled(signal);
    await output.writeFile(await source.readTensor(original.get(name) ?? name));
  }
}

/** adapter_config.json, every key kept, pointing to the new base; λ goes into alpha, in which Δ is linear. */
function rebasedConfig({ patch, plan }: PortInputs): string {
  const config: Record<string, unknown> = { ...patch.config };
  config.base_model_name_or_path = loadableName(plan.newBase);
  if ('revision' in config) config.revision = plan.newBase.revision;
  const { scale } = plan.request;
  if (scale !== 1) {
    config.lora_alpha = (patch.config.lora_alpha ?? 0) * scale;
    const alphas = Object.entries(patch.config.alpha_pattern ?? {});
    config.alpha_pattern = Object.fromEntries(alphas.map(([key, alpha]) => [key, alpha * scale]));
  }
  return JSON.stringify(config, null, 2) + '\n';
}

/** What PEFT can load the base by: the hub's name where the cache holds it, else the path. */
function loadableName({ name, revision, path }: CheckpointIdentity): string {
  return revision === null ? path : name;
}
