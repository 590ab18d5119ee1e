import { copyFile, open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled, yieldToEvents } from '../../base/abort.ts';
import { ProgressMeter, type ProgressSink } from '../../base/progress.ts';
import { resolveInside } from '../../checkpoint/shards.ts';
import { tokenizerFiles } from '../../checkpoint/sideFiles.ts';
import { useLane } from '../../kernels/lanes/lanes.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import { CONFIG_FILE } from '../../patch/adapterConfig.ts';
import { ADAPTER_FILE } from '../../patch/patch.ts';
import type { TensorFile } from '../../safetensors/file.ts';
import { elements } from '../../safetensors/shape.ts';
import { canonicalLayout } from '../../safetensors/writer.ts';
import { normOf, openItem } from '../openItem.ts';
import type { PortInputs } from '../plan/inputs.ts';
import type { PortedTensor } from '../provenance.ts';
import { tileRows } from '../tiles.ts';
import { belongsTo, rebasedConfig } from './adapterConfigOutput.ts';
import { planAdapter, type AdapterTensor } from './adapterTensors.ts';
import { portedTensor, type WrittenTensors } from './checkpointOutput.ts';
import { copyTensor } from './copyTensor.ts';
import { shapeOf, writeTensor } from './writeAdapterTensor.ts';

/**
 * Writes the patch re-based on the new base. Pure deltas do not depend on the base, so they stay as they are; whatever
 * stands for the old base's own values is recomputed, or dropped where the patch had not changed it.
 */
export async function writeAdapter(
  inputs: PortInputs,
  folder: string,
  kernel: LowRankKernel,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<WrittenTensors> {
  const { patch } = inputs;
  const planned = planAdapter(inputs);
  const path = join(folder, ADAPTER_FILE);
  const measuring = measure(inputs, kernel, sink, signal);
  const copying = isCopy(patch.file, planned) ? copyFileWhole(patch.file, path, signal) : undefined;
  // Also where one fails, nothing may still be written.
  await Promise.allSettled([measuring, copying]);
  const [measured, copied] = [await measuring, await copying];
  const unchanged = droppable(planned, measured.zero, patch.config.modules_to_save ?? []);
  const kept = planned.filter((tensor) => tensor.fate.kind !== 'dropped' && !unchanged.includes(tensor));
  if (copied === undefined) await writeWeights(inputs, kept, path, kernel, signal);
  await writeFile(join(folder, CONFIG_FILE), rebasedConfig(inputs, kept));
  await copyTokenizer(inputs, folder);
  return {
    tensors: measured.tensors,
    untouched: [],
    headers: new Map(),
    readBack: new Set(copied === undefined ? [] : [ADAPTER_FILE]),
    hashes: new Map(copied === undefined ? [] : [[ADAPTER_FILE, copied]]),
    notes: droppedNotes(unchanged),
  };
}

/** The patch's own; where its rows were moved to the new base's tokens, the tokenizer that numbers them so. */
async function copyTokenizer({ patch, newBase, plan }: PortInputs, folder: string): Promise<void> {
  const moved = plan.items.some(({ parts }) => parts.some(({ byToken }) => byToken));
  const source = moved ? newBase : patch;
  for (const name of tokenizerFiles(source.names))
    await copyFile(await resolveInside(source.folder, name), join(folder, name));
}

/** ‖Δ‖ of every item, and those whose Δ is zero. */
async function measure(
  inputs: PortInputs,
  kernel: LowRankKernel,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<{ tensors: PortedTensor[]; zero: ReadonlySet<string> }> {
  const { items } = inputs.plan;
  const bytes = items.reduce((sum, { shape }) => sum + 4 * elements(shape), 0);
  const meter = new ProgressMeter('Porting', { bytes, tensors: items.length }, sink);
  const tensors: PortedTensor[] = [];
  const zero = new Set<string>();
  for (const item of items) {
    await yieldToEvents(signal);
    const delta = await openItem(inputs, item, kernel);
    const norm = await normOf(delta, tileRows(delta));
    tensors.push(portedTensor(item, norm));
    if (norm === 0) zero.add(item.target);
    meter.addBytes(4 * elements(item.shape));
    meter.addTensor();
  }
  return { tensors, zero };
}

/**
 * Saved tensors that the patch had not changed. PEFT wants every tensor of every module that `modules_to_save` names, so
 * of those it is all or none.
 */
function droppable(
  planned: readonly AdapterTensor[],
  zero: ReadonlySet<string>,
  modules: readonly string[],
): AdapterTensor[] {
  const saved = planned.filter(({ fate }) => fate.kind === 'saved anew' || fate.kind === 'from the base');
  const changed = saved.filter(({ fate }) => fate.kind === 'saved anew' && !zero.has(fate.item.target));
  const wanted = modules.filter((module) => changed.some((tensor) => belongsTo(tensor, module)));
  const unchanged = saved.filter((tensor) => !changed.includes(tensor));
  return unchanged.filter((tensor) => !wanted.some((module) => belongsTo(tensor, module)));
}

function droppedNotes(unchanged: readonly AdapterTensor[]): string[] {
  const copies = unchanged.filter(({ fate }) => fate.kind === 'saved anew');
  return copies.map(
    ({ name }) => `${name} was a copy of the old base's own weights: it is left out, so that the new base's count.`,
  );
}

/** Through the handle that was planned with, so that it is that file and no other. */
async function writeWeights(
  inputs: PortInputs,
  tensors: readonly AdapterTensor[],
  target: string,
  kernel: LowRankKernel,
  signal: AbortSignal,
): Promise<void> {
  const { file } = inputs.patch;
  const output = await open(target, 'wx');
  try {
    await writeTensors(inputs, tensors, output, kernel, signal);
    await file.assertUnchanged();
    await output.sync();
  } finally {
    await output.close();
  }
}

/** Whether every tensor stays what it was, under its own name: then the file does, byte for byte. */
function isCopy(file: TensorFile, tensors: readonly AdapterTensor[]): boolean {
  return (
    file.format === 'safetensors' &&
    !file.isInMemory &&
    tensors.length === file.header.tensors.size &&
    tensors.every(({ name, entry, fate }) => fate.kind === 'copied' && name === entry.name)
  );
}

/** @returns its SHA-256 */
async function copyFileWhole(file: TensorFile, path: string, signal: AbortSignal): Promise<string> {
  await using output = await open(path, 'wx+');
  const whole = { entry: { begin: 0, end: file.header.fileBytes }, shard: { file } };
  const target = { file: output.fd, position: 0 };
  const { sha256 } = await useLane((lane) => copyTensor(lane, whole, target, () => undefined, signal), signal);
  await file.assertUnchanged();
  await output.sync();
  return sha256;
}

async function writeTensors(
  inputs: PortInputs,
  tensors: readonly AdapterTensor[],
  output: FileHandle,
  kernel: LowRankKernel,
  signal: AbortSignal,
): Promise<void> {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const shapes = tensors.map((tensor) => ({
    name: tensor.name,
    dtype: tensor.entry.dtype,
    shape: shapeOf(tensor, inputs),
  }));
  const metadata = Object.fromEntries(inputs.patch.file.header.metadata);
  const layout = canonicalLayout(shapes, { format: 'pt', ...metadata });
  await output.writeFile(layout.headerBytes);
  for (const { name } of layout.placements) {
    throwIfCancelled(signal);
    const tensor = byName.get(name);
    if (tensor) await writeTensor(tensor, inputs, output, kernel);
  }
}
