import { isAbsolute } from 'node:path';
import type { Divided } from '../../../base/divided.ts';
import { missingParts, usualDevice } from '../../../base/partRecord.ts';
import { assertDivisible, partsOf } from '../../../base/part.ts';
import { PartsFolder } from '../../../base/partsFolder.ts';
import type { MemoryMode } from '../../../model/weights/memory.ts';
import type { EvaluateRequest } from '../../request.ts';
import type { PlannedEvaluation } from '../planEvaluation.ts';
import { BLOCK } from '../answerItems.ts';
import { blocksOf, EVALUATED } from './evaluatePart.ts';
import { evaluationKey, planKnown, type KnownTools } from './planKnown.ts';
import { EVALUATE_REQUEST } from './request.ts';

const PARTS = 8;
const LEAST_MEMORY = 2_000_000_000;
const BYTES_PER_PARAMETER = 4;

/**
 * Divides an evaluation by its items, in blocks.
 *
 * @param wanted parts; eight, or as many as there are blocks, unless told
 * @throws InputError if a task, its data, a model or a patch cannot be used, or there are fewer blocks than parts
 */
export async function divideEvaluation(
  request: EvaluateRequest,
  wanted: number | undefined,
  tools: KnownTools,
): Promise<Divided> {
  const folder = new PartsFolder(request.out);
  const { found } = await folder.all(EVALUATED);
  const { toolVersion } = tools;
  const device = usualDevice(found, toolVersion);
  await using planned = await planKnown(request, device ?? 'cpu', tools);
  const blocks = blocksOf(planned);
  const count = wanted ?? Math.min(PARTS, blocks);
  assertDivisible(blocks, count, `block of ${BLOCK} items`);
  await folder.begin('evaluate', EVALUATE_REQUEST, request);
  const current = { device, key: evaluationKey(planned), toolVersion };
  return {
    out: request.out,
    count,
    missing: missingParts(found, count, current),
    evidence: partsOf(count).map((part) => [folder.pathOf(part)]),
    inputs: inputsOf(request),
    folder: folder.folder,
    memoryBytes: memoryFor(parametersOf(planned), request.memory),
  };
}

function inputsOf({ columns, data, tasks }: EvaluateRequest): string[] {
  const folders = columns.flatMap(({ model, patches, endpoint }) => [
    endpoint?.tokenizer ?? model,
    ...(endpoint?.loadAdapter ? [endpoint.loadAdapter] : []),
    ...patches.flatMap(({ patch, plus = [], from }) => [
      patch,
      ...plus.map((other) => other.patch),
      ...(from ? [from] : []),
    ]),
  ]);
  return [...new Set([...folders, ...(data === undefined ? [] : [data]), ...tasks.filter(isAbsolute)])];
}

/** Of the largest model that is computed here; those of a server are elsewhere. */
function parametersOf({ columns }: PlannedEvaluation): number {
  const own = columns.filter(({ facts }) => facts.endpoint === null);
  return Math.max(0, ...own.map(({ facts }) => facts.parameters));
}

/** What an evaluation takes: weights in float32, unless they are mapped. */
export function memoryFor(parameters: number, memory: MemoryMode | undefined): number {
  return LEAST_MEMORY + (memory === 'mapped' ? 0 : BYTES_PER_PARAMETER * parameters);
}
