import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledError, InputError } from '../base/errors.ts';
import { plural } from '../base/format.ts';
import { VERSION } from '../base/version.ts';
import { cancelJob, isMade, lookAt, MADE, readJob, submitPort, type Job, type PartState } from '../cluster/portJob.ts';
import { readProfile } from '../cluster/profile.ts';
import { failureOf, isOver, linesOf, summaryOf } from '../cluster/words.ts';
import type { PortRequest } from '../port/plan/planTypes.ts';
import { readProvenance } from '../port/provenanceFile.ts';
import { absolute, type Outcome } from './commands.ts';
import type { Console } from './console.ts';
import { resultLines } from './text.ts';

export interface SlurmOptions {
  readonly parts?: number;
  readonly profile?: string;
  readonly wait: boolean;
}

const LOOK_MS = 2000;

/** Hands a port to Slurm, and looks after it until it ends; Ctrl+C takes it back. */
export async function slurmCommand(options: PortRequest, slurm: SlurmOptions, console: Console): Promise<Outcome> {
  const request = absolute(options);
  const profile = slurm.profile === undefined ? {} : await readProfile(slurm.profile);
  const plan = await console.worker.call('plan', request, { signal: console.signal });
  if (plan.refusals.length > 0 || request.as !== 'checkpoint')
    throw new InputError(
      request.as === 'adapter' ? 'An adapter is not made in parts.' : `The patch ${plan.patch.name} cannot be ported.`,
      request.as === 'adapter' ? 'It takes a second or two, here.' : 'portllm port … --dry-run says why.',
    );
  const job = await submitPort(request, plan, {
    ...{ count: slurm.parts, profile, version: VERSION },
    ...{ node: process.execPath, cli: join(__dirname, 'cli.js') },
  });
  console.early(() => [`Submitted ${plural(job.parts.length, 'part')} of ${job.count} as job ${job.array}`]);
  if (slurm.wait) return waitFor(request.out, job, console);
  console.result(job, () => [`portllm jobs ${request.out} says how they stand.`]);
  return 'done';
}

async function waitFor(out: string, job: Job, console: Console): Promise<Outcome> {
  let shown = '';
  for (;;) {
    const states = await lookAt(out, job);
    const line = summaryOf(states);
    if (line !== shown) console.note(line);
    shown = line;
    if (states.every(({ state }) => state === 'done')) break;
    if (isOver(states)) throw failureOf(states);
    await sleep(LOOK_MS, undefined, { signal: console.signal }).catch(async () => {
      await cancelJob(job);
      throw new CancelledError();
    });
  }
  const result = { folder: resolve(out), provenance: await readProvenance(resolve(out)) };
  console.result(result, () => resultLines(result));
  return 'done';
}

/** How a port stands that was submitted, from here or from anywhere. */
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
