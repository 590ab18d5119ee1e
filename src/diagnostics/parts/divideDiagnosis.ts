import type { Divided } from '../../base/divided.ts';
import { missingParts, usualDevice } from '../../base/partRecord.ts';
import { assertDivisible, partsOf } from '../../base/part.ts';
import { PartsFolder } from '../../base/partsFolder.ts';
import { assertAbsent } from '../../base/there.ts';
import { openDiagnosisInputs } from '../diagnosisInputs.ts';
import { diagnosisKey } from './diagnosePart.ts';
import { DIAGNOSE_PARTS, PIECE, type DiagnoseParts } from './piece.ts';

const PARTS = 8;
/** A diagnosis takes some hundred megabytes (bench/results/diagnose-7B.md); sketches of its directions come on top. */
const MEMORY_BYTES = 2_000_000_000;

/**
 * Divides a diagnosis by the tensors that the patch changes.
 *
 * @param wanted parts; eight, or as many as there are tensors, unless told
 * @throws InputError if the report is there, the inputs cannot be used, or there are fewer tensors than parts
 */
export async function divideDiagnosis(
  parts: DiagnoseParts,
  wanted: number | undefined,
  toolVersion: string,
): Promise<Divided> {
  const { request, out } = parts;
  await assertAbsent(out);
  await using inputs = await openDiagnosisInputs(request);
  const count = wanted ?? Math.min(PARTS, inputs.items.length);
  assertDivisible(inputs.items.length, count, 'tensor');
  const folder = new PartsFolder(out);
  await folder.begin('diagnose', DIAGNOSE_PARTS, parts);
  const { found } = await folder.all(PIECE);
  const device = usualDevice(found, toolVersion);
  const current = { device, key: diagnosisKey(parts, inputs, device ?? '', toolVersion), toolVersion };
  const { patch, onto, from, against } = request;
  return {
    ...{ out, count },
    missing: missingParts(found, count, current),
    evidence: partsOf(count).map((part) => [folder.pathOf(part)]),
    inputs: [patch, onto, from, against].flatMap((path) => path ?? []),
    folder: folder.folder,
    memoryBytes: MEMORY_BYTES,
  };
}
