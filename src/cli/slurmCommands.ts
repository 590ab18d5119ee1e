import { join, resolve } from 'node:path';
import { CancelledError } from '../base/errors.ts';
import { plural } from '../base/format.ts';
import type { Divisible } from '../base/partsFolder.ts';
import { VERSION } from '../base/version.ts';
import { cancelJob, isMade, readJob, submit, type Job } from '../cluster/job.ts';
import { lookAt, MADE, type PartState } from '../cluster/look.ts';
import { readProfile } from '../cluster/profile.ts';
import { watchJob } from '../cluster/watch.ts';
import { linesOf, summaryOf } from '../cluster/words.ts';
import { readDiagnosis } from '../diagnostics/diagnosisFile.ts';
import { comparisonLines } from '../evaluation/results/comparisonLines.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import { readProvenance } from '../port/provenanceFile.ts';
import type { Work } from '../worker/contract.ts';
import type { Outcome } from './commands.ts';
import type { Console } from './console.ts';
import { diagnosisLines } from './diagnosisText.ts';
import { matrixLines } from './matrixText.ts';
import { resultLines } from './text.ts';

export interface SlurmOptions {
  readonly parts?: number;
  readonly profile?: string;
  readonly wait: boolean;
}

const LOOK_MS = 2000;

/** Hands a job to Slurm, and looks after it until it ends; Ctrl+C takes it back. */
export async function slurmCommand(
  work: Work,
  slurm: SlurmOptions,
  device: DeviceChoice,
  console: Console,
): Promise<Outcome> {
  const profile = slurm.profile === undefined ? {} : await readProfile(slurm.profile);
  const { signal } = console;
  const divided = await console.worker.call('divide', { work, count: slurm.parts }, { signal });
  const job = await submit(divided, {
    ...{ kind: work.kind, profile, device, version: VERSION },
    ...{ node: process.execPath, cli: join(__dirname, 'cli.js') },
  });
  console.early(() => [`Submitted ${plural(job.parts.length, 'part')} of ${job.count} as job ${job.array}`]);
  if (slurm.wait) return waitFor(divided.out, job, console);
  console.result(job, () => [`portllm jobs ${divided.out} says how they stand.`]);
  return 'done';
}

async function waitFor(out: string, job: Job, console: Console): Promise<Outcome> {
  const { signal } = console;
  let shown = '';
  const onLook = (states: readonly PartState[] | undefined): void => {
    const line = states === undefined ? 'Slurm does not answer; the jobs go on' : summaryOf(states);
    if (line !== shown) console.note(line);
    shown = line;
  };
  // Ctrl+C also ends the command of Slurm's that was asked.
  const onSilence = (message: string): void => {
    if (!signal.aborted) console.warn(message);
  };
  try {
    await watchJob(out, job, { everyMs: LOOK_MS, onLook, onSilence, signal });
  } catch (error) {
    if (error instanceof CancelledError) await cancelJob(job);
    throw error;
  }
  await showMade(job.kind, out, console);
  return 'done';
}

async function showMade(kind: Divisible, out: string, console: Console): Promise<void> {
  switch (kind) {
    case 'port': {
      const result = { folder: out, provenance: await readProvenance(out) };
      console.result(result, () => resultLines(result));
      break;
    }
    case 'diagnose': {
      const { diagnosis } = await readDiagnosis(out);
      console.result(diagnosis, () => diagnosisLines(diagnosis));
      break;
    }
    case 'evaluate': {
      const comparison = await console.worker.call('compare', { results: [out] });
      console.result(comparison, () => comparisonLines(comparison));
      break;
    }
    case 'matrix': {
      const state = await console.worker.call('matrixState', { out });
      console.result(state, () => matrixLines(state));
    }
  }
}

/** How a job stands that was submitted, from here or from anywhere. */
export async function jobsCommand(folder: string, cancel: boolean, console: Console): Promise<Outcome> {
  const out = resolve(folder);
  const states = (await isMade(out)) ? MADE : await look(out, cancel);
  console.result(states, () => [summaryOf(states), ...states.flatMap(linesOf)]);
  return states.some(({ state }) => state === 'failed') ? 'failed' : 'done';
}

async function look(out: string, cancel: boolean): Promise<readonly PartState[]> {
  const job = await readJob(out);
  if (cancel) await cancelJob(job);
  return lookAt(out, job);
}
