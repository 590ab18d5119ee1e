import { isAbsolute } from 'node:path';
import type { Divided } from '../../../base/divided.ts';
import { isCurrent, usualDevice } from '../../../base/partRecord.ts';
import { assertDivisible } from '../../../base/part.ts';
import { PartsFolder } from '../../../base/partsFolder.ts';
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
  const all = Array.from({ length: count }, (_, at) => ({ index: at + 1, count }));
  const current = { device, key: evaluationKey(planned), toolVersion };
  const recordOf = (index: number): (typeof found)[number] | undefined =>
    found.find(({ part }) => part.index === index && part.count === count);
  const missing = all.map(({ index }) => index).filter((index) => !isCurrent(recordOf(index), current));
  return {
    out: request.out,
    ...{ count, missing },
    evidence: all.map((part) => [folder.pathOf(part)]),
    inputs: inputsOf(request),
    folder: folder.folder,
    memoryBytes: memoryFor(request, planned),
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

/** Weights in float32; those of a server are elsewhere. */
function memoryFor({ columns, memory }: EvaluateRequest, planned: PlannedEvaluation): number {
  if (memory === 'mapped') return LEAST_MEMORY;
  const own = planned.columns.filter(({ facts }) => facts.endpoint === null);
  const parameters = columns.length === 0 ? 0 : Math.max(0, ...own.map(({ facts }) => facts.parameters));
  return LEAST_MEMORY + BYTES_PER_PARAMETER * parameters;
}
