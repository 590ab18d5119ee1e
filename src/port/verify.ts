import { join } from 'node:path';
import { throwIfCancelled } from '../base/abort.ts';
import { InputError, UserError } from '../base/errors.ts';
import { sha256OfFile } from '../base/hash.ts';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import { Checkpoint, sumBytes } from '../checkpoint/checkpoint.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { openPatch } from '../patch/patch.ts';
import { hashTensor } from './hashTensor.ts';
import { PROVENANCE_FILE, type Provenance } from './provenance.ts';
import { readProvenance } from './provenanceFile.ts';
import { recompute, type Recomputed } from './recompute.ts';

/** What a verification looked at, and everything that was not right. */
export interface VerifyResult {
  readonly folder: string;
  readonly output: Provenance['output'];
  readonly ok: boolean;
  readonly files: number;
  /** Tensors whose bytes have the recorded hash. */
  readonly tensors: number;
  /** What computing the touched tensors again gave; null for an adapter, whose factors are compared by hash. */
  readonly recomputed: Recomputed | null;
  readonly problems: readonly string[];
}

/**
 * Reads an output back: every file and tensor against the recorded hashes, and every touched tensor computed again from
 * the recorded inputs.
 *
 * @throws InputError if the folder is no output, or its inputs are gone
 */
export async function verify(
  folder: string,
  kernel: LowRankKernel,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<VerifyResult> {
  const provenance = await readProvenance(folder);
  const problems = await compareHashes(folder, provenance, sink, signal);
  const counts = { files: provenance.files.length, tensors: countTensors(provenance) };
  const again = await recompute(folder, provenance, kernel, sink, signal);
  problems.push(...again.problems);
  const recomputed = provenance.output === 'checkpoint' ? again.result : null;
  return { folder, output: provenance.output, ok: problems.length === 0, ...counts, recomputed, problems };
}

/** Reads back what a port has just written. @throws UserError if the disk does not return what was given to it */
export async function verifyWritten(
  folder: string,
  provenance: Provenance,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<void> {
  const [problem] = await compareHashes(folder, provenance, sink, signal);
  if (problem !== undefined)
    throw new UserError(`What was written cannot be read back: ${problem}`, 'Is the disk sound?');
}

/** An adapter's tensors are covered by its file's hash. */
function countTensors({ output, tensors, untouched }: Provenance): number {
  return output === 'adapter' ? 0 : tensors.length + Object.keys(untouched).length;
}

async function compareHashes(
  folder: string,
  provenance: Provenance,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, sha256 } of provenance.files) {
    throwIfCancelled(signal);
    if (sha256 === null) continue;
    const actual = await sha256OfFile(join(folder, name)).catch(() => undefined);
    if (actual === undefined) problems.push(`${name} is missing.`);
    else if (actual !== sha256) problems.push(`${name} is not as it was written.`);
  }
  if (provenance.output === 'adapter') (await openPatch(folder)).file.close().catch(() => undefined);
  else problems.push(...(await compareTensors(folder, provenance, sink, signal)));
  return problems;
}

async function compareTensors(
  folder: string,
  provenance: Provenance,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<string[]> {
  await using output = await Checkpoint.open(folder);
  const recorded = recordedHashes(provenance);
  const bytes = sumBytes(output.tensors.values());
  const meter = new ProgressMeter('Verifying', { bytes, tensors: recorded.size }, sink);
  const problems = [...output.tensors.keys()]
    .filter((name) => !recorded.has(name))
    .map((name) => `tensor ${name} is not recorded.`);
  for (const [name, sha256] of recorded) {
    const located = output.tensors.get(name);
    if (located === undefined) problems.push(`tensor ${name} is missing.`);
    else if ((await hashTensor(located, meter, signal)) !== sha256)
      problems.push(`tensor ${name} is not as it was written.`);
  }
  return problems;
}

function recordedHashes({ tensors, untouched }: Provenance): Map<string, string> {
  const hashes = new Map(Object.entries(untouched));
  for (const { target, measured } of tensors) {
    if (measured === null) throw new InputError(`${PROVENANCE_FILE} has no hash for ${target}.`);
    hashes.set(target, measured.sha256);
  }
  return hashes;
}
