import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { InputError, UserError } from '../../base/errors.ts';
import { isSealed } from '../../base/sealed.ts';
import { ProgressMeter, type ProgressSink } from '../../base/progress.ts';
import { together } from '../../base/together.ts';
import { Checkpoint, sumBytes } from '../../checkpoint/checkpoint.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import { FINISHED_FILE } from '../output/finishedShards.ts';
import { hashTensor } from './hashTensor.ts';
import { PROVENANCE_FILE, type Provenance } from '../provenance.ts';
import { readProvenance } from '../provenanceFile.ts';
import { recompute, type Recomputed } from './recompute.ts';
import { compareFiles } from './recordedFiles.ts';

/** What a verification looked at, and everything that was not right. */
export interface VerifyResult {
  readonly folder: string;
  readonly output: Provenance['output'] | 'patch';
  readonly ok: boolean;
  readonly files: number;
  /** Tensors whose bytes were compared one by one; those of an adapter or patch are covered by its file. */
  readonly tensors: number;
  /** What computing the touched tensors again gave; null for an adapter, or where the inputs are gone. */
  readonly recomputed: Recomputed | null;
  readonly problems: readonly string[];
}

/**
 * Reads an output back: every file and tensor against the recorded hashes, and every touched tensor computed again from
 * the recorded inputs.
 *
 * @throws InputError if the folder is no output
 */
export async function verify(
  folder: string,
  kernel: LowRankKernel,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<VerifyResult> {
  const provenance = await readProvenance(folder);
  const { output, files, tensors, untouched } = provenance;
  const problems = await compareRecorded(folder, provenance, sink, signal);
  const again = await recompute(folder, provenance, kernel, sink, signal).catch(asProblem);
  problems.push(...again.problems);
  return {
    folder,
    output,
    ok: problems.length === 0,
    files: files.length,
    tensors: output === 'adapter' ? 0 : tensors.length + untouched.length,
    recomputed: again.result,
    problems,
  };
}

/** An input or output that cannot be read is a finding, beside what was found before. */
function asProblem(error: unknown): { result: null; problems: string[] } {
  if (error instanceof InputError) return { result: null, problems: [error.message] };
  throw error;
}

/**
 * Reads back what a port has just written.
 *
 * @param readBack shards whose tensors, and files that, were read back as they were written
 * @throws UserError if the disk does not return what was given to it
 */
export async function verifyWritten(
  folder: string,
  provenance: Provenance,
  readBack: ReadonlySet<string>,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<void> {
  const [problem] = await compareRecorded(folder, provenance, sink, signal, { without: [FINISHED_FILE], readBack });
  if (problem !== undefined)
    throw new UserError(`What was written cannot be read back: ${problem}`, 'Is the disk sound?');
  if (!isDeepStrictEqual(await readProvenance(folder), provenance))
    throw new Error(`${PROVENANCE_FILE} does not say what was meant`);
}

/** What needs not be looked at. */
interface Left {
  /** Files that are not recorded. */
  readonly without: readonly string[];
  /** Shards whose tensors are known to be there. */
  readonly readBack: ReadonlySet<string>;
}

async function compareRecorded(
  folder: string,
  provenance: Provenance,
  sink: ProgressSink,
  signal: AbortSignal,
  { without, readBack }: Left = { without: [], readBack: new Set() },
): Promise<string[]> {
  const problems = await compareFiles(folder, provenance.files, [PROVENANCE_FILE, ...without], signal, readBack);
  if (!(await isSealed(join(folder, PROVENANCE_FILE)))) problems.push(`${PROVENANCE_FILE} is not as it was written.`);
  if (provenance.output === 'checkpoint' && problems.length === 0)
    problems.push(...(await compareTensors(folder, provenance, readBack, sink, signal)));
  return problems;
}

async function compareTensors(
  folder: string,
  provenance: Provenance,
  readBack: ReadonlySet<string>,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<string[]> {
  await using output = await Checkpoint.open(folder);
  const recorded = recordedHashes(provenance);
  const read = [...output.tensors.values()].filter(({ shard }) => !readBack.has(shard.name));
  const meter = new ProgressMeter('Verifying', { bytes: sumBytes(read), tensors: read.length }, sink);
  const problems = [...output.tensors.keys()]
    .filter((name) => !recorded.has(name))
    .map((name) => `tensor ${name} is not recorded.`);
  const compare = async ([name, sha256]: [string, string], stop: AbortSignal): Promise<string[]> => {
    const located = output.tensors.get(name);
    if (located === undefined) return [`tensor ${name} is missing.`];
    if (readBack.has(located.shard.name)) return [];
    return (await hashTensor(located, meter, stop)) === sha256 ? [] : [`tensor ${name} is not as it was written.`];
  };
  const compared = await together([...recorded], compare, signal);
  return [...problems, ...compared.flat()];
}

function recordedHashes({ tensors, untouched }: Provenance): Map<string, string> {
  const hashes = new Map(untouched.map(({ name, sha256 }) => [name, sha256]));
  for (const { target, measured } of tensors) {
    if (measured === null) throw new InputError(`${PROVENANCE_FILE} has no hash for ${target}.`);
    hashes.set(target, measured.sha256);
  }
  return hashes;
}
