import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INTERRUPTED, throwIfCancelled } from '../base/abort.ts';
import { writeError } from '../base/errors.ts';
import type { ProgressSink } from '../base/progress.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { ADAPTER_FILE, identifyPatch, type Patch } from '../patch/patch.ts';
import { assertOutside } from './assertOutside.ts';
import { writeAdapter } from './output/adapterOutput.ts';
import { writeCheckpoint, type WrittenTensors } from './output/checkpointOutput.ts';
import { assertPortable, openInputs, SUM, type PortInputs } from './plan/inputs.ts';
import { deviceOf, FINISHED_FILE, FinishedShards, outputKey } from './output/finishedShards.ts';
import { modelCard } from './output/modelCard.ts';
import type { PortPlan, PortRequest } from './plan/planTypes.ts';
import { readProvenance, writeProvenance } from './provenanceFile.ts';
import { FORMULA, PROVENANCE_FILE, PROVENANCE_VERSION, type Provenance } from './provenance.ts';
import { Staging } from './staging.ts';
import { recordFiles } from './verify/recordedFiles.ts';
import { verifyWritten } from './verify/verify.ts';

export interface PortResult {
  /** The finished folder. */
  readonly folder: string;
  readonly provenance: Provenance;
}

/** Opens the inputs, plans, and closes them: nothing is written and no weight is read. */
export async function planPort(request: PortRequest): Promise<PortPlan> {
  await using inputs = await openInputs(request);
  return inputs.plan;
}

/**
 * Plan → apply → verify → name. Whatever goes wrong on the way, nothing is left behind; a port that was killed goes on with
 * the shards that it had not finished.
 *
 * @throws InputError if the inputs cannot be used; UserError if the output cannot be made; CancelledError
 */
export async function port(
  request: PortRequest,
  kernel: LowRankKernel,
  toolVersion: string,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<PortResult> {
  await using inputs = await openInputs(request);
  assertPortable(inputs.plan, request.agreed);
  await assertOutside(request);
  const finished = new FinishedShards(outputKey(inputs, deviceOf(kernel), toolVersion));
  const staging = await Staging.create(request.out, inputs.plan.outputBytes, finished);
  try {
    const written =
      request.as === 'checkpoint'
        ? await writeCheckpoint(inputs, staging.folder, finished, kernel, sink, signal)
        : await writeAdapter(inputs, staging.folder, kernel, sink, signal);
    return await finishPort(inputs, written, { staging, finished, device: kernel.device, toolVersion }, sink, signal);
  } catch (error) {
    await (signal.reason === INTERRUPTED && finished.any ? staging.leave() : staging.discard());
    throw writeError(error, staging.folder);
  }
}

/** Where the output lies, and what is said of it. */
interface Finishing {
  readonly staging: Staging;
  readonly finished: FinishedShards;
  readonly device: string;
  readonly toolVersion: string;
}

/** Describes what was written, reads it back, and gives it its name. */
export async function finishPort(
  inputs: PortInputs,
  written: WrittenTensors,
  { staging, finished, device, toolVersion }: Finishing,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<PortResult> {
  const provenance = await describePort(inputs, written, staging.folder, device, toolVersion);
  await verifyWritten(staging.folder, provenance, written.readBack, sink, signal);
  throwIfCancelled(signal);
  await finished.remove(staging.folder);
  return { folder: await staging.commit(), provenance };
}

/** Writes README.md and portllm.json; returns what the latter says. */
async function describePort(
  inputs: PortInputs,
  written: WrittenTensors,
  folder: string,
  device: string,
  toolVersion: string,
): Promise<Provenance> {
  const { plan, patch, combined } = inputs;
  const provenance: Provenance = {
    portllm: toolVersion,
    version: PROVENANCE_VERSION,
    output: plan.request.as,
    formula: FORMULA,
    scale: plan.request.scale,
    tied: plan.request.tied ?? null,
    float8: plan.request.float8 ?? null,
    device,
    patch: await identifyPatch(combined[0]?.patch ?? patch, written.hashes.get(ADAPTER_FILE)),
    combined: await Promise.all(
      combined.map(async (one) => ({ ...(await identifyPatch(one.patch)), weight: one.weight })),
    ),
    combination: combined.length > 0 ? (plan.request.combine ?? SUM) : null,
    chain: await chainOf(combined[0]?.patch ?? patch),
    newBase: mutable(plan.newBase),
    oldBase: plan.oldBase && mutable(plan.oldBase),
    coverage: plan.coverage,
    needsOldBase: plan.needsOldBase,
    warnings: [...plan.warnings, ...written.notes, ...untrained(written, plan.request.scale)],
    tensors: written.tensors,
    untouched: written.untouched,
    files: [],
  };
  await writeFile(join(folder, 'README.md'), modelCard(provenance));
  provenance.files = await recordFiles(folder, [FINISHED_FILE], written.headers, written.hashes);
  await writeProvenance(folder, provenance);
  return provenance;
}

/** A ported adapter is a patch again: its own provenance leads back to the one that was trained. */
async function chainOf({ folder, names }: Patch): Promise<Provenance['chain']> {
  if (!names.has(PROVENANCE_FILE)) return [];
  const { chain, patch, newBase, scale } = await readProvenance(folder);
  const { name, path, revision } = newBase;
  return [...chain, { patch, onto: { name, path, revision }, scale }];
}

function mutable(identity: PortPlan['newBase']): Provenance['newBase'] {
  return { ...identity, files: [...identity.files] };
}

function untrained({ tensors }: WrittenTensors, scale: number): string[] {
  const zero = tensors.filter(({ deltaNorm, method }) => deltaNorm === 0 && method !== '');
  if (zero.length === 0 || scale === 0) return [];
  const share =
    zero.length === tensors.length ? 'The whole patch is zero' : `The patch is zero in ${zero.length} tensors`;
  return [`${share}: it changes nothing there (untrained, or a copy of the old base).`];
}
