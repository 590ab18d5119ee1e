import { basename, join } from 'node:path';
import { InputError } from '../base/errors.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import type { Profile } from './profile.ts';

/** What the scripts of a job are made of. */
export interface Scripts {
  /** Of the output; it is in the jobs' names. */
  readonly name: string;
  readonly out: string;
  /** Where scripts and logs lie, beside the parts. */
  readonly folder: string;
  /** What every node must be able to read. */
  readonly inputs: readonly string[];
  readonly count: number;
  readonly memoryBytes: number;
  /** What parts compute on. */
  readonly device: DeviceChoice;
  readonly node: string;
  readonly cli: string;
  readonly version: string;
  readonly profile: Profile;
}

const DEFAULT_CPUS = 2;
const MEGABYTE = 1_000_000;
/** The command line's exit code where something is missing. */
const BAD_INPUT = 2;
/** A network file system's caches of folders are older than a minute only where somebody wants that. */
const SHOWN_AFTER_SECONDS = 65;

/** Log of a part, as sbatch names it: %a is the part. */
export const PART_LOG = 'part-%a.log';
export const PROBE_LOG = 'probe.log';
export const ASSEMBLE_LOG = 'assemble.log';
/** Written where a node has seen all that it must. */
export const PROBE_MARK = 'probe.ok';

/** Looks, on a node, whether it sees the files, can write beside the output, and has this version. */
export function probeScript(scripts: Scripts): string {
  const { folder, inputs, node, cli, version } = scripts;
  const looks = inputs.map((path) => `see ${quoted(path)}`);
  return [
    ...head(scripts, 'probe', 1),
    'see() { [ -r "$1" ] || { echo "$(hostname) cannot read $1"; exit 1; }; }',
    ...looks,
    `found=$(${quoted(node)} ${quoted(cli)} --version) || { echo "$(hostname) cannot run ${basename(cli)}"; exit 1; }`,
    `[ "$found" = ${quoted(version)} ] || { echo "$(hostname) has version $found, not ${version}"; exit 1; }`,
    `echo "$(hostname)" > ${quoted(join(folder, PROBE_MARK))} || { echo "$(hostname) cannot write there"; exit 1; }`,
    '',
  ].join('\n');
}

/** One part, by the number that the array gives it. */
export function partScript(scripts: Scripts): string {
  const { out, count, device, node, cli } = scripts;
  return [
    ...head(scripts, 'part', scripts.profile.cpus ?? DEFAULT_CPUS),
    `exec ${quoted(node)} ${quoted(cli)} part ${quoted(out)} "$SLURM_ARRAY_TASK_ID/${count}" --device ${device}`,
    '',
  ].join('\n');
}

/** What parts have left may be missing for a moment where it was looked for before (nfs(5), acdirmax): then it looks again. */
export function assembleScript(scripts: Scripts): string {
  const { out, node, cli } = scripts;
  const command = `${quoted(node)} ${quoted(cli)} assemble ${quoted(out)}`;
  return [
    ...head(scripts, 'assemble', scripts.profile.cpus ?? DEFAULT_CPUS),
    `${command} && exit 0 || code=$?`,
    `[ "$code" = ${BAD_INPUT} ] || exit "$code"`,
    `sleep ${SHOWN_AFTER_SECONDS}`,
    `exec ${command}`,
    '',
  ].join('\n');
}

function head(scripts: Scripts, what: string, cpus: number): string[] {
  const { profile, name, memoryBytes } = scripts;
  const memory = profile.memory ?? `${Math.ceil(memoryBytes / MEGABYTE)}M`;
  const options: readonly (readonly [string, string | undefined])[] = [
    ['job-name', `portllm-${what}-${name.replaceAll(/[^\w.-]/g, '_').slice(0, 40)}`],
    ['open-mode', 'truncate'],
    ['cpus-per-task', String(cpus)],
    ['mem', memory],
    ['time', profile.time],
    ['partition', profile.partition],
    ['account', profile.account],
    ['qos', profile.qos],
    ['constraint', profile.constraint],
    ['gres', what === 'part' ? profile.gres : undefined],
  ];
  return [
    '#!/bin/bash',
    ...options.flatMap(([option, value]) => (value === undefined ? [] : [`#SBATCH --${option}=${value}`])),
    ...(profile.extra ?? []).map((option) => `#SBATCH ${option}`),
    // The Node of a desktop's VS Code is Electron.
    'export ELECTRON_RUN_AS_NODE=1',
    ...(profile.setup ?? []),
    // After the setup: scripts of conda and of modules use what is not set.
    'set -eu',
  ];
}

/** Where Slurm writes what a job says. A percent sign of the folder's own is doubled, as those of a log stand for numbers. */
export function logOption(folder: string, log: string): string {
  return `--output=${folder.replaceAll('%', '%%')}/${log}`;
}

/** As one word of a shell. @throws InputError for what no script can hold */
export function quoted(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new InputError(`The path ${JSON.stringify(text)} has a line end in it.`);
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
