import { InputError } from '../../base/errors.ts';
import { assertTogether } from '../../base/partRecord.ts';
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
  const pieces = await folder.all(PIECE);
  assertTogether(
    pieces.map(({ part, value }) => ({ ...value, name: `Part ${part.index} of ${part.count}` })),
    (device) => diagnosisKey(parts, inputs, device, toolVersion),
    toolVersion,
  );
  const found = new Map<string, Diagnosed>();
  for (const { value } of pieces) for (const one of value.found) found.set(one.tensor.target, one);
  const missing = inputs.items.filter(({ target }) => !found.has(target));
  if (missing.length > 0)
    throw new InputError(
      `${missing.length} of ${inputs.items.length} tensors are missing: ${missing[0]?.target ?? ''} …`,
      'Compute their parts (portllm diagnose … --part i/n), then assemble again.',
    );
  const inOrder = inputs.items.flatMap(({ target }) => found.get(target) ?? []);
  const diagnosis = composeDiagnosis(parts.request, inputs, inOrder);
  await writeDiagnosis(out, diagnosisFile(diagnosis, null, toolVersion, new Date()));
  await folder.remove();
  return { out, diagnosis };
}
