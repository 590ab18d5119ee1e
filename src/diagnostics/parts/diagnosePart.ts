import { hostname } from 'node:os';
import { partOf, type Part } from '../../base/part.ts';
import { PartsFolder } from '../../base/partsFolder.ts';
import type { ProgressSink } from '../../base/progress.ts';
import { sha256Of } from '../../base/hash.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import { deviceOf, outputKey } from '../../port/output/finishedShards.ts';
import { diagnoseItems } from '../diagnose.ts';
import { openDiagnosisInputs, type DiagnosisInputs } from '../diagnosisInputs.ts';
import { DIAGNOSE_PARTS, PIECE, plainDiagnosed, type DiagnoseParts } from './piece.ts';

export interface DiagnosedPart {
  /** Where it lies until all are put together. */
  readonly folder: string;
  readonly tensors: number;
}

/**
 * The figures of some of the tensors. `assembleDiagnosis` makes the report of them; any part can be repeated, anywhere where
 * the same files are seen under the same paths.
 *
 * @throws InputError if the patch cannot be ported, or has fewer tensors than parts; CancelledError
 */
export async function diagnosePart(
  parts: DiagnoseParts,
  part: Part,
  kernel: LowRankKernel,
  toolVersion: string,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<DiagnosedPart> {
  await using inputs = await openDiagnosisInputs(parts.request);
  const items = partOf(inputs.items, part, 'tensor');
  const folder = new PartsFolder(parts.out);
  await folder.begin('diagnose', DIAGNOSE_PARTS, parts);
  const device = deviceOf(kernel);
  const key = diagnosisKey(parts, inputs, device, toolVersion);
  const there = await folder.get(part, PIECE).catch(() => undefined);
  if (there?.key !== key) {
    const { directions } = parts.request;
    const found = await diagnoseItems(inputs, items, { kernel, directions, sink, signal });
    const piece = { key, portllm: toolVersion, device, host: hostname(), found: found.map(plainDiagnosed) };
    await folder.put(part, piece);
  }
  return { folder: folder.folder, tensors: items.length };
}

/** Of all that the figures depend on: the files as they are now, the device, which rounds in its own way, and the program. */
export function diagnosisKey(
  { request }: DiagnoseParts,
  { port, against }: DiagnosisInputs,
  device: string,
  toolVersion: string,
): string {
  const keys = [port, ...(against ? [against] : [])].map((inputs) => outputKey(inputs, device, toolVersion));
  return sha256Of(JSON.stringify([request.directions, ...keys]));
}
