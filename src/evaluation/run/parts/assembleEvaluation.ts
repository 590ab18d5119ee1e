import { InputError } from '../../../base/errors.ts';
import { plural } from '../../../base/format.ts';
import { assertTogether, missingParts, usualDevice } from '../../../base/partRecord.ts';
import { PartsFolder } from '../../../base/partsFolder.ts';
import { openPartJournal } from '../../results/journal.ts';
import { writeResults } from '../../results/writeResults.ts';
import { AllItems } from '../allItems.ts';
import { answeredIn, resultOf, type Written } from '../evaluate.ts';
import { askedOf } from '../planEvaluation.ts';
import type { EvaluateResult } from '../result.ts';
import { itemsOf, runColumn } from '../runColumn.ts';
import { EVALUATED } from './evaluatePart.ts';
import { evaluationKey, planKnown, type KnownTools } from './planKnown.ts';
import { EVALUATE_REQUEST } from './request.ts';

/**
 * Counts what the parts have answered, and writes the results of it as an evaluation at once does. No model is run.
 *
 * @throws InputError if answers are missing, or parts do not belong together; CancelledError
 */
export async function assembleEvaluation(out: string, tools: KnownTools): Promise<EvaluateResult> {
  const { toolVersion, signal } = tools;
  const folder = new PartsFolder(out);
  const request = await folder.request(EVALUATE_REQUEST);
  const { found, damaged } = await folder.all(EVALUATED);
  const device = usualDevice(found, toolVersion) ?? found[0]?.device;
  if (device === undefined)
    throw new InputError('No part was computed.', 'portllm evaluate … --part i/n computes one.');
  await using planned = await planKnown(request, device, tools);
  const key = evaluationKey(planned);
  const isWhole = found.some(({ part }) => missingParts(found, part.count, { device, key, toolVersion }).length === 0);
  // Answers alone do not tell which version gave them.
  if (!isWhole) {
    for (const error of damaged) throw error;
    assertTogether(found, () => key, toolVersion);
  }
  const { columns, tasks } = planned;
  const { sink } = new AllItems(askedOf(planned), () => undefined);
  const written: Written = { runs: [], files: [] };
  const missing: string[] = [];
  for (const column of columns) {
    const run = await runColumn(column, tasks, {
      request,
      onlyKnown: true,
      openJournal: openPartJournal,
      sink,
      signal,
    });
    const left = itemsOf(column, tasks).length - answeredIn([run]);
    if (left > 0) missing.push(`${plural(left, 'item')} of ${column.facts.label}`);
    written.runs.push(run);
  }
  if (missing.length > 0)
    throw new InputError(
      `Answers are missing: ${missing.join(', ')}.`,
      'Compute their parts (portllm evaluate … --part i/n), then assemble again.',
    );
  for (const run of written.runs) written.files.push(await writeResults(request, run, { toolVersion, signal }));
  const result = await resultOf(request, planned, written, signal);
  await folder.remove();
  return result;
}
