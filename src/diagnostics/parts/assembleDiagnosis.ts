import { InputError } from '../../base/errors.ts';
import { assertTogether, isCurrent, usualDevice } from '../../base/partRecord.ts';
import { PartsFolder } from '../../base/partsFolder.ts';
import { composeDiagnosis } from '../diagnose.ts';
import type { Diagnosed } from '../diagnoseTensor.ts';
import { diagnosisFile, writeDiagnosis } from '../diagnosisFile.ts';
import { openDiagnosisInputs } from '../diagnosisInputs.ts';
import type { Diagnosis } from '../types.ts';
import { diagnosisKey } from './diagnosePart.ts';
import { DIAGNOSE_PARTS, PIECE } from './piece.ts';

export interface AssembledDiagnosis {
  /** The report. */
  readonly out: string;
  readonly diagnosis: Diagnosis;
}

/**
 * Makes the report of the parts that lie beside it. They are removed.
 *
 * @throws InputError if parts are missing, were damaged, or do not belong together
 */
export async function assembleDiagnosis(out: string, toolVersion: string): Promise<AssembledDiagnosis> {
  const folder = new PartsFolder(out);
  const parts = await folder.request(DIAGNOSE_PARTS);
  await using inputs = await openDiagnosisInputs(parts.request);
  const { found: pieces, damaged } = await folder.all(PIECE);
  const device = usualDevice(pieces, toolVersion);
  const keyOn = (on: string): string => diagnosisKey(parts, inputs, on, toolVersion);
  const wanted = { device, key: keyOn(device ?? ''), toolVersion };
  const found = new Map<string, Diagnosed>();
  for (const piece of pieces)
    if (isCurrent(piece, wanted)) for (const one of piece.found) found.set(one.tensor.target, one);
  const missing = inputs.items.filter(({ target }) => !found.has(target));
  if (missing.length > 0) {
    for (const error of damaged) throw error;
    assertTogether(pieces, keyOn, toolVersion);
    throw new InputError(
      `${missing.length} of ${inputs.items.length} tensors are missing: ${missing[0]?.target ?? ''} …`,
      'Compute their parts (portllm diagnose … --part i/n), then assemble again.',
    );
  }
  const inOrder = inputs.items.flatMap(({ target }) => found.get(target) ?? []);
  const diagnosis = composeDiagnosis(parts.request, inputs, inOrder);
  await writeDiagnosis(out, diagnosisFile(diagnosis, null, toolVersion, new Date()));
  await folder.remove();
  return { out, diagnosis };
}
