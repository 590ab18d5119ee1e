import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Divided } from '../base/divided.ts';
import { InputError } from '../base/errors.ts';
import { readJsonFile } from '../base/jsonFile.ts';
import { DIVISIBLE, PartsFolder, type Divisible } from '../base/partsFolder.ts';
import { isThere } from '../base/there.ts';
import { writeWhole } from '../base/writeWhole.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import { PROVENANCE_FILE } from '../port/provenance.ts';
import type { Profile } from './profile.ts';
import {
  ASSEMBLE_LOG,
  assembleScript,
  logOption,
  PART_LOG,
  partScript,
  PROBE_LOG,
  PROBE_MARK,
  probeScript,
  type Scripts,
} from './script.ts';
import { isToCome, sbatch, scancel, squeue } from './slurm.ts';

const JOB_FILE = 'job.json';
const JOB = z.object({
  kind: z.enum(DIVISIBLE),
  /** Numbers of the three jobs: one looks at a node, one is the array, one puts the parts together. */
  probe: z.string(),
  array: z.string(),
  assemble: z.string(),
  count: z.int().positive(),
  /** The parts of the array; the others were there already. */
  parts: z.array(z.int().positive()),
  /** Of every part the files that are there once it is done. */
  evidence: z.array(z.array(z.string())),
});
export type Job = z.output<typeof JOB>;

export interface SubmitOptions {
  readonly kind: Divisible;
  readonly profile: Profile;
  /** What parts compute on. */
  readonly device: DeviceChoice;
  /** How nodes run us. */
  readonly node: string;
  readonly cli: string;
  readonly version: string;
}

/**
 * Hands a divided job to Slurm: a job that looks whether a node sees the files, an array of the parts that are not there yet,
 * and a job that puts them together.
 *
 * @throws InputError if there is no Slurm; UserError with its words if it refuses
 */
export async function submit(divided: Divided, options: SubmitOptions): Promise<Job> {
  const { out, count, missing, evidence } = divided;
  await assertNoneRuns(out);
  const folder = slurmFolder(out);
  await mkdir(folder, { recursive: true });
  for (const part of missing) await forgetStale(evidence[part - 1] ?? []);
  const scripts: Scripts = {
    ...options,
    ...{ name: basename(out), out, folder, count, memoryBytes: divided.memoryBytes },
    inputs: [...divided.inputs, divided.folder],
    device: deviceFor(options),
  };
  const { kind } = options;
  const job = { kind, ...(await submitAll(scripts, missing)), count, parts: [...missing], evidence };
  await writeWhole(join(folder, JOB_FILE), `${JSON.stringify(job, null, 2)}\n`, true);
  return JOB.parse(job);
}

/** Nodes differ in what "auto" is there, and ports and diagnoses are bound by the disk. */
function deviceFor({ kind, device }: SubmitOptions): DeviceChoice {
  return device === 'auto' && (kind === 'port' || kind === 'diagnose') ? 'cpu' : device;
}

/** A part that is computed again, though all that it leaves is there, would be taken for done. Outputs are never touched. */
async function forgetStale(evidence: readonly string[]): Promise<void> {
  if (evidence.some((path) => basename(path) === PROVENANCE_FILE)) return;
  for (const path of evidence) if (!(await isThere(path))) return;
  for (const path of evidence) await rm(path, { force: true });
}

/** Jobs that were taken back are in the queue for a moment yet. */
const ROUNDS = 8;
const ROUND_MS = 500;

/** @throws InputError if jobs for the same output still wait or run: they would go on beside the new ones */
async function assertNoneRuns(out: string): Promise<void> {
  const earlier = await readJob(out).catch(() => undefined);
  if (earlier === undefined) return;
  const ids = idsOf(earlier);
  for (let round = 0; (await squeue(ids)).some(isToCome); round++) {
    if (round === ROUNDS)
      throw new InputError(
        `Jobs for ${out} are still in the queue: ${ids.join(', ')}.`,
        'Wait for them, or take them back: portllm jobs with --cancel.',
      );
    await sleep(ROUND_MS);
  }
}

async function submitAll(
  scripts: Scripts,
  parts: readonly number[],
): Promise<Pick<Job, 'probe' | 'array' | 'assemble'>> {
  const { folder } = scripts;
  const files = { probe: probeScript(scripts), part: partScript(scripts), assemble: assembleScript(scripts) };
  await rm(join(folder, PROBE_MARK), { force: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, `${name}.sh`), text);
  const after = (id: string): string[] => [`--dependency=afterok:${id}`, '--kill-on-invalid-dep=yes'];
  const submitted: string[] = [];
  try {
    const probe = await sbatch(join(folder, 'probe.sh'), [logOption(folder, PROBE_LOG)]);
    submitted.push(probe);
    const array =
      parts.length === 0
        ? probe
        : await sbatch(join(folder, 'part.sh'), [
            ...[logOption(folder, PART_LOG), `--array=${parts.join(',')}`],
            ...after(probe),
          ]);
    submitted.push(array);
    const assemble = await sbatch(join(folder, 'assemble.sh'), [logOption(folder, ASSEMBLE_LOG), ...after(array)]);
    return { probe, array, assemble };
  } catch (error) {
    // What was taken would wait for ever.
    await scancel(submitted);
    throw error;
  }
}

/** The job of an output that was handed to Slurm. @throws InputError if there is none */
export async function readJob(out: string): Promise<Job> {
  const path = join(slurmFolder(out), JOB_FILE);
  await stat(path).catch(() => {
    throw new InputError(`No job makes ${out}.`, 'portllm … --runner slurm submits one.');
  });
  return readJsonFile(path, JOB);
}

/** What Slurm calls its steps; where all parts were there, two of them are one. */
export function idsOf({ probe, array, assemble }: Job): string[] {
  return [...new Set([probe, array, assemble])];
}

export async function cancelJob(job: Job): Promise<void> {
  await scancel(idsOf(job));
}

/** One of them lies in a port and in a matrix; results lie in an evaluation's folders of columns. */
const SIGNS = [PROVENANCE_FILE, 'matrix.csv'];
const RESULTS = /^results_.+\.json$/;

/** Whether the output is there: its parts are gone then, and what was written of its jobs. */
export async function isMade(out: string): Promise<boolean> {
  const target = resolve(out);
  if (await isThere(new PartsFolder(target).folder)) return false;
  if (target.endsWith('.json')) return isThere(target);
  const entries = await readdir(target, { withFileTypes: true }).catch(() => []);
  if (entries.some(({ name }) => SIGNS.includes(name) || RESULTS.test(name))) return true;
  const below = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const names = await Promise.all(below.map(({ name }) => readdir(join(target, name)).catch(() => [])));
  return names.flat().some((name) => RESULTS.test(name));
}

/** Where scripts and logs of an output's jobs lie, beside its parts. */
export function slurmFolder(out: string): string {
  return join(new PartsFolder(out).folder, 'slurm');
}
