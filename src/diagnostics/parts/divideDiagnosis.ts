import type { Divided } from '../../base/divided.ts';
import { InputError } from '../../base/errors.ts';
import { isCurrent, usualDevice } from '../../base/partRecord.ts';
import { assertDivisible } from '../../base/part.ts';
import { PartsFolder } from '../../base/partsFolder.ts';
import { isThere } from '../../base/there.ts';
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
  if (await isThere(out))
    throw new InputError(`${out} exists already.`, 'Choose another name; nothing is ever overwritten.');
  await using inputs = await openDiagnosisInputs(request);
  const count = wanted ?? Math.min(PARTS, inputs.items.length);
  assertDivisible(inputs.items.length, count, 'tensor');
  const folder = new PartsFolder(out);
  await folder.begin('diagnose', DIAGNOSE_PARTS, parts);
  const all = Array.from({ length: count }, (_, at) => ({ index: at + 1, count }));
  const { found: every } = await folder.all(PIECE);
  const device = usualDevice(every, toolVersion);
  const found = every.filter(({ part }) => part.count === count);
  const current = { device, key: diagnosisKey(parts, inputs, device ?? '', toolVersion), toolVersion };
  const missing = all
    .map(({ index }) => index)
    .filter(
      (index) =>
        !isCurrent(
          found.find(({ part }) => part.index === index),
          current,
        ),
    );
  const { patch, onto, from, against } = request;
  return {
    ...{ out, count, missing },
    evidence: all.map((part) => [folder.pathOf(part)]),
    inputs: [patch, onto, from, against].flatMap((path) => path ?? []),
    folder: folder.folder,
    memoryBytes: MEMORY_BYTES,
  };
}
