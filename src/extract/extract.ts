import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled, yieldToEvents } from '../base/abort.ts';
import { InputError, writeError } from '../base/errors.ts';
import { writeSealed } from '../base/sealed.ts';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import { Checkpoint, sumBytes } from '../checkpoint/checkpoint.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { matrixOf } from '../patch/delta.ts';
import { openPatch } from '../patch/patch.ts';
import { DELTA_FILE } from '../patch/readers/delta.ts';
import { assertOutside } from '../port/assertOutside.ts';
import { Staging } from '../port/staging.ts';
import { recordFiles } from '../port/verify/recordedFiles.ts';
import { tileRows } from '../port/tiles.ts';
import { elements } from '../safetensors/shape.ts';
import { compareTensors, deltaRows, described, type ChangedTensor } from './compare.ts';
import { writeLora } from './loraPatch.ts';
import { pairTensors, type TensorPair } from './pairs.ts';
import { extractionCard } from './card.ts';
import { Spool } from './spool.ts';
import { EXTRACTION_FILE } from './verifyExtraction.ts';
import type { ExtractedTensor, Extraction, ExtractRequest, ExtractResult } from './types.ts';

/**
 * Makes a patch out of a fine-tuned checkpoint: Δ = tuned − old, whole or as a LoRA. Whatever goes wrong on the way, nothing
 * is left behind.
 *
 * @throws InputError if the two do not belong together; UserError if the output cannot be made; CancelledError
 */
export async function extract(
  request: ExtractRequest,
  kernel: LowRankKernel,
  toolVersion: string,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<ExtractResult> {
  await using tuned = await Checkpoint.open(request.tuned);
  await using oldBase = await Checkpoint.open(request.from);
  const pairs = pairTensors(tuned, oldBase);
  await assertOutside({ patch: request.tuned, onto: request.from, out: request.out });
  const changed = await findChanges(pairs, sink, signal);
  if (changed.length === 0) throw new InputError(`${request.tuned} and ${request.from} hold the same weights.`);
  const staging = await Staging.create(request.out, estimateBytes(request, changed));
  try {
    const spool = await Spool.create(staging.folder);
    const written =
      request.form.kind === 'full'
        ? await writeFull(changed, spool, staging.folder, oldBase, sink, signal)
        : await writeLora(changed, pairs, request.form, spool, staging.folder, oldBase, kernel, sink, signal);
    for (const { file } of [...tuned.shards, ...oldBase.shards]) await file.assertUnchanged();
    const extraction: Omit<Extraction, 'files'> = {
      portllm: toolVersion,
      form: request.form,
      tuned: tuned.identity,
      oldBase: oldBase.identity,
      tensors: written.tensors,
      unchanged: pairs.length - changed.length,
      warnings: [...lossWarnings(changed), ...written.warnings],
    };
    await writeFile(join(staging.folder, 'README.md'), extractionCard(extraction));
    await assertReadable(staging.folder);
    const files = await recordFiles(staging.folder, []);
    await writeSealed(join(staging.folder, EXTRACTION_FILE), { ...extraction, files });
    throwIfCancelled(signal);
    return { folder: await staging.commit(), extraction: { ...extraction, files } };
  } catch (error) {
    await staging.discard();
    throw writeError(error, staging.folder);
  }
}

async function findChanges(
  pairs: readonly TensorPair[],
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<ChangedTensor[]> {
  const total = { bytes: sumBytes(pairs.map(({ tuned }) => tuned)), tensors: pairs.length };
  const meter = new ProgressMeter('Comparing', total, sink);
  const changed: ChangedTensor[] = [];
  for (const pair of pairs) {
    const comparison = await compareTensors(pair, meter, signal);
    if (comparison === undefined) continue;
    if (!Number.isFinite(comparison.deltaNorm))
      throw new InputError(
        `${pair.name} holds NaN or infinity in ${pair.tuned.shard.file.path} or in ${pair.old.shard.file.path}.`,
        'Fetch that file again, or use an earlier checkpoint.',
      );
    changed.push({ pair, ...comparison });
  }
  return changed;
}

/** Of a LoRA an upper bound: as if the largest rank were needed everywhere. */
function estimateBytes({ form }: ExtractRequest, changed: readonly ChangedTensor[]): number {
  const bytes = changed.map(({ pair }) => {
    const { shape } = pair.tuned.entry;
    const { rows, columns } = matrixOf(shape);
    if (form.kind === 'full' || shape.length !== 2) return 4 * elements(shape);
    const rank = form.kind === 'rank' ? form.rank : form.maxRank;
    return 4 * Math.min(rank, rows, columns) * (rows + columns);
  });
  // The spool and the file.
  return 2 * bytes.reduce((sum, size) => sum + size, 0);
}

async function writeFull(
  changed: readonly ChangedTensor[],
  spool: Spool,
  folder: string,
  oldBase: Checkpoint,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<{ tensors: ExtractedTensor[]; warnings: string[] }> {
  const bytes = changed.reduce((sum, { pair }) => sum + 4 * elements(pair.tuned.entry.shape), 0);
  const meter = new ProgressMeter('Extracting', { bytes, tensors: changed.length }, sink);
  for (const { pair } of changed) {
    const { shape } = pair.tuned.entry;
    await spool.add({ name: pair.name, dtype: 'F32', shape }, deltaPieces(pair, meter, signal));
    meter.addTensor();
  }
  const tied = oldBase.config.tiesEmbeddings ? { tied: 'true' } : {};
  await spool.write(join(folder, DELTA_FILE), { format: 'pt', base_model: oldBase.identity.name, ...tied });
  return { tensors: changed.map((tensor) => described(tensor, 'full', null, 1)), warnings: [] };
}

async function* deltaPieces(pair: TensorPair, meter: ProgressMeter, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const matrix = matrixOf(pair.tuned.entry.shape);
  const step = tileRows(matrix);
  for (let row = 0; row < matrix.rows; row += step) {
    await yieldToEvents(signal);
    const delta = await deltaRows(pair, row, Math.min(step, matrix.rows - row));
    meter.addBytes(delta.byteLength);
    yield new Uint8Array(delta.buffer);
  }
}

/** A merged checkpoint of 16 bits is a lossy patch. */
function lossWarnings(changed: readonly ChangedTensor[]): string[] {
  const delta = changed.reduce((sum, { deltaNorm }) => sum + deltaNorm ** 2, 0);
  const lost = changed.reduce((sum, { deltaNorm, roundingShare }) => sum + (deltaNorm * roundingShare) ** 2, 0);
  const share = Math.sqrt(lost / delta);
  if (share === 0) return [];
  return [
    `The fine-tuned weights are stored in 16 bits: about ${(100 * share).toPrecision(2)} % of ‖Δ‖ is their rounding, not ` +
      'training. If the adapter itself still exists, prefer it.',
  ];
}

/** @throws Error if what was written is no patch */
async function assertReadable(folder: string): Promise<void> {
  const { file, refusals } = await openPatch(folder);
  await file.close();
  if (refusals.length > 0) throw new Error(`an extracted patch is refused: ${refusals[0]?.reason}`);
}
