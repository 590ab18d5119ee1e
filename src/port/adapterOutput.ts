import { copyFile, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled, yieldToEvents } from '../base/abort.ts';
import { readTextFile } from '../base/jsonFile.ts';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import type { CheckpointIdentity } from '../checkpoint/identityTypes.ts';
import { resolveInside } from '../checkpoint/shards.ts';
import { tokenizerFiles } from '../checkpoint/sideFiles.ts';
import { CONFIG_FILE } from '../patch/adapterConfig.ts';
import { ADAPTER_FILE } from '../patch/patch.ts';
import type { SafetensorsFile } from '../safetensors/file.ts';
import { portedTensor, type WrittenTensors } from './checkpointOutput.ts';
import { deltaNorm, readFactors } from './factors.ts';
import type { PortInputs } from './inputs.ts';

/**
 * Writes the patch re-based on the new base. Pure deltas do not depend on the base, so the weights are copied byte for
 * byte and only the configuration changes: which base, and the scale where the person chose one.
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
    meter.begin(item.target);
    const factors = await readFactors(patch.file, item, plan.request.scale);
    tensors.push(portedTensor(item, deltaNorm(factors)));
    meter.addBytes((factors.left.length + factors.right.length) * 4);
    meter.addTensor();
  }
  await copyWeights(patch.file, join(folder, ADAPTER_FILE), signal);
  await writeFile(join(folder, CONFIG_FILE), await rebasedConfig(inputs));
  for (const name of tokenizerFiles(patch.names))
    await copyFile(await resolveInside(patch.folder, name), join(folder, name));
  return { tensors, untouched: [] };
}

/** Through the handle that was planned with, so that it is that file and no other. */
async function copyWeights(source: SafetensorsFile, target: string, signal: AbortSignal): Promise<void> {
  const output = await open(target, 'wx');
  try {
    await source.forEachPiece(async (piece) => {
      throwIfCancelled(signal);
      await output.writeFile(piece);
    });
    await source.assertUnchanged();
    await output.sync();
  } finally {
    await output.close();
  }
}

/** adapter_config.json, every key kept, pointing to the new base; λ goes into alpha, in which Δ is linear. */
async function rebasedConfig({ patch, plan }: PortInputs): Promise<string> {
  const text = await readTextFile(await resolveInside(patch.folder, CONFIG_FILE));
  const config = JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, unknown>;
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
