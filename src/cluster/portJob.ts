import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import * as z from 'zod';
import { InputError } from '../base/errors.ts';
import { readJsonFile } from '../base/jsonFile.ts';
import { printable } from '../base/printable.ts';
import { isThere } from '../base/there.ts';
import { writeWhole } from '../base/writeWhole.ts';
import { partOf } from '../port/parts/part.ts';
import { elements } from '../safetensors/shape.ts';
import { outputKey } from '../port/output/finishedShards.ts';
import { Pieces, type Piece } from '../port/parts/pieces.ts';
import { openInputs } from '../port/plan/inputs.ts';
import { PROVENANCE_FILE } from '../port/provenance.ts';
import type { PortPlan, PortRequest } from '../port/plan/planTypes.ts';
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
import { sacct, sbatch, scancel, squeue, type EndedTask, type QueuedTask } from './slurm.ts';

const JOB_FILE = 'job.json';
const JOB = z.object({
  /** Numbers of the three jobs: one looks at a node, one is the array, one puts the parts together. */
  probe: z.string(),
  array: z.string(),
  assemble: z.string(),
  count: z.int().positive(),
  /** The parts of the array; the others were there already. */
  parts: z.array(z.int().positive()),
  /** Shards by their parts. */
  shards: z.array(z.array(z.string())),
});
export type Job = z.output<typeof JOB>;

export interface PortJobOptions {
  /** As many as there are shards, unless told. */
  readonly count: number | undefined;
  readonly profile: Profile;
  /** How nodes run us. */
  readonly node: string;
  readonly cli: string;
  readonly version: string;
}

export type State = 'queued' | 'running' | 'done' | 'failed';

export interface PartState {
  /** `part 3`, `look at a node`, `putting together`. */
  readonly what: string;
  readonly state: State;
  /** Why it waits, or how it ended. */
  readonly reason: string;
  /** The end of its log, where it failed. */
  readonly log: readonly string[];
}

/** A port takes some hundred megabytes (bench/results/port-growth.md). */
const LEAST_MEMORY = 1_000_000_000;
const LOG_LINES = 8;
export const MADE: readonly PartState[] = [{ what: 'all', state: 'done', reason: '', log: [] }];

/**
 * Hands a port to Slurm: a job that looks whether a node sees the files, an array of the parts that are not there yet, and a
 * job that puts them together.
 *
 * @throws InputError if the output is there, there are fewer shards than parts, or no Slurm; UserError with its words if it
 *   refuses
 */
export async function submitPort(request: PortRequest, plan: PortPlan, options: PortJobOptions): Promise<Job> {
  const out = resolve(request.out);
  if (await isThere(out))
    throw new InputError(`${out} exists already.`, 'Choose another name; nothing is ever overwritten.');
  const names = plan.newBase.files.map(({ name }) => name);
  const count = options.count ?? names.length;
  const shards = Array.from({ length: count }, (_, at) => partOf(names, { index: at + 1, count }, 'shard'));
  const pieces = await Pieces.begin(request);
  const folder = folderOf(pieces);
  await mkdir(folder, { recursive: true });
  const inputs = [request.patch, request.onto, ...(request.from === undefined ? [] : [request.from]), pieces.folder];
  const scripts: Scripts = {
    ...options,
    ...{ name: basename(out), out, folder, inputs, count, memoryBytes: memoryFor(plan) },
  };
  const parts = await missingParts(pieces, shards, request, options.version);
  const job = { ...(await submit(scripts, parts)), count, parts, shards };
  await writeWhole(join(folder, JOB_FILE), `${JSON.stringify(job, null, 2)}\n`, true);
  return job;
}

/** Where Δ is a difference of weights, or no product, a part of the largest tensor is held in float32, twice. */
function memoryFor({ items, needsOldBase }: PortPlan): number {
  const largest = items.reduce((most, { shape }) => Math.max(most, elements(shape)), 0);
  return LEAST_MEMORY + (needsOldBase ? 8 * largest : 0);
}

async function submit(scripts: Scripts, parts: readonly number[]): Promise<Pick<Job, 'probe' | 'array' | 'assemble'>> {
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

/** Those that are not there, or were written from other files or by another version. */
async function missingParts(
  pieces: Pieces,
  shards: readonly (readonly string[])[],
  request: PortRequest,
  version: string,
): Promise<number[]> {
  await using inputs = await openInputs(request);
  const isOfNow = ({ key, device }: Piece): boolean => key === outputKey(inputs, device, version);
  const missing: number[] = [];
  for (const [at, names] of shards.entries()) if (!(await areThere(pieces, names, isOfNow))) missing.push(at + 1);
  return missing;
}

async function areThere(pieces: Pieces, names: readonly string[], isGood: (piece: Piece) => boolean): Promise<boolean> {
  for (const name of names) {
    const piece = await pieces.get(name).catch(() => undefined);
    if (piece === undefined || !isGood(piece)) return false;
  }
  return true;
}

/** The job of an output that was handed to Slurm. @throws InputError if there is none */
export async function readJob(out: string): Promise<Job> {
  const path = join(folderOf(Pieces.of(out)), JOB_FILE);
  await stat(path).catch(() => {
    throw new InputError(`No job makes ${out}.`, 'portllm port … --runner slurm submits one.');
  });
  return readJsonFile(path, JOB);
}

/** Where every step stands. */
export async function lookAt(out: string, job: Job): Promise<readonly PartState[]> {
  if (await isMade(out)) return MADE;
  const ids = [...new Set([job.probe, job.array, job.assemble])];
  const [queued, ended] = [await squeue(ids), await sacct(ids)];
  const pieces = Pieces.of(out);
  const folder = folderOf(pieces);
  const known = { queued, ended, folder };
  const states = [
    await stateOf('look at a node', job.probe, PROBE_LOG, known, () => isThere(join(folder, PROBE_MARK))),
  ];
  for (const part of job.parts)
    states.push(
      await stateOf(`part ${part}`, `${job.array}_${part}`, PART_LOG.replace('%a', String(part)), known, () =>
        areThere(pieces, job.shards[part - 1] ?? [], () => true),
      ),
    );
  states.push(await stateOf('putting together', job.assemble, ASSEMBLE_LOG, known, () => isMade(out)));
  return states;
}

interface Known {
  readonly queued: readonly QueuedTask[];
  readonly ended: readonly EndedTask[];
  readonly folder: string;
}

async function stateOf(
  what: string,
  id: string,
  log: string,
  { queued, ended, folder }: Known,
  isDone: () => Promise<boolean>,
): Promise<PartState> {
  if (await isDone()) return { what, state: 'done', reason: '', log: [] };
  const task = queued.find((one) => one.id === id);
  if (task?.state === 'PENDING' && !task.reason.includes('NeverSatisfied'))
    return { what, state: 'queued', reason: task.reason, log: [] };
  if (task !== undefined && task.state !== 'PENDING') return { what, state: 'running', reason: '', log: [] };
  const reason = ended.find((one) => one.id === id)?.state ?? '';
  return { what, state: 'failed', reason, log: await endOf(join(folder, log)) };
}

async function endOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .slice(-LOG_LINES)
    .map(printable);
}

export async function cancelJob({ probe, array, assemble }: Job): Promise<void> {
  await scancel([...new Set([probe, array, assemble])]);
}

/** Whether the output is there: its parts are gone then, and what was written of its jobs. */
export function isMade(out: string): Promise<boolean> {
  return isThere(join(resolve(out), PROVENANCE_FILE));
}

function folderOf(pieces: Pieces): string {
  return join(pieces.folder, 'slurm');
}
