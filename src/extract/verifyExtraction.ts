import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { InputError } from '../base/errors.ts';
import { readJsonFile } from '../base/jsonFile.ts';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import { isSealed } from '../base/sealed.ts';
import { Checkpoint, sumBytes } from '../checkpoint/checkpoint.ts';
import { resolveInside } from '../checkpoint/shards.ts';
import { elements } from '../safetensors/shape.ts';
import { CHECKPOINT, RECORDED_FILE } from '../port/provenance.ts';
import { compareFiles } from '../port/verify/recordedFiles.ts';
import { changedHeaders } from '../port/verify/recompute.ts';
import type { VerifyResult } from '../port/verify/verify.ts';
import { compareTensors } from './compare.ts';
import { pairTensors } from './pairs.ts';

/** The file beside an extracted patch that says what it was made from, and how. */
export const EXTRACTION_FILE = 'portllm-extraction.json';

/** What verifying asks of it. */
const EXTRACTION = z.looseObject({
  tuned: CHECKPOINT,
  oldBase: CHECKPOINT,
  tensors: z.array(z.looseObject({ name: z.string(), deltaNorm: z.number() })),
  files: z.array(RECORDED_FILE),
});
type Recorded = z.output<typeof EXTRACTION>;

/** Sums of squares in another order of tiles. */
const TOLERANCE = 1e-9;

export async function isExtraction(folder: string): Promise<boolean> {
  const names: string[] = await readdir(folder).catch(() => []);
  return names.includes(EXTRACTION_FILE);
}

/**
 * Reads an extracted patch back: every file against its recorded hash, and ‖Δ‖ of every tensor from the recorded checkpoints
 * again.
 *
 * @throws InputError if the folder is no extracted patch
 */
export async function verifyExtraction(folder: string, sink: ProgressSink, signal: AbortSignal): Promise<VerifyResult> {
  const path = await resolveInside(folder, EXTRACTION_FILE);
  const recorded = await readJsonFile(path, EXTRACTION, join(folder, EXTRACTION_FILE));
  const problems = await compareFiles(folder, recorded.files, [EXTRACTION_FILE], signal);
  if (!(await isSealed(path))) problems.push(`${EXTRACTION_FILE} is not as it was written.`);
  const again = await compareDeltas(recorded, sink, signal).catch(asProblem);
  problems.push(...again.problems);
  return {
    folder,
    output: 'patch',
    ok: problems.length === 0,
    files: recorded.files.length,
    tensors: 0,
    recomputed: again.result,
    problems,
  };
}

interface Again {
  readonly result: VerifyResult['recomputed'];
  readonly problems: string[];
}

function asProblem(error: unknown): Again {
  if (!(error instanceof InputError)) throw error;
  return { result: null, problems: [`The recorded checkpoints cannot be compared again. ${error.message}`] };
}

async function compareDeltas(recorded: Recorded, sink: ProgressSink, signal: AbortSignal): Promise<Again> {
  await using tuned = await Checkpoint.open(recorded.tuned.path);
  await using oldBase = await Checkpoint.open(recorded.oldBase.path);
  const problems = [
    ...changedHeaders(tuned, recorded.tuned, 'fine-tuned model'),
    ...changedHeaders(oldBase, recorded.oldBase, 'old base'),
  ];
  const norms = new Map(recorded.tensors.map(({ name, deltaNorm }) => [name, deltaNorm]));
  const pairs = pairTensors(tuned, oldBase);
  const total = { bytes: sumBytes(pairs.map((pair) => pair.tuned)), tensors: pairs.length };
  const meter = new ProgressMeter('Comparing', total, sink);
  for (const pair of pairs) {
    const now = (await compareTensors(pair, meter, signal))?.deltaNorm ?? 0;
    const then = norms.get(pair.name) ?? 0;
    if (!(Math.abs(now - then) <= TOLERANCE * then))
      problems.push(`${pair.name}: the recorded checkpoints differ by ‖Δ‖ = ${now}, not by ${then} as recorded.`);
  }
  const count = pairs.reduce((sum, { tuned: { entry } }) => sum + elements(entry.shape), 0);
  return { result: { tensors: pairs.length, elements: count, different: 0 }, problems };
}
