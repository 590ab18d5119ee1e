import { InvalidArgumentError, Option, type Command } from 'commander';
import { InputError, UserError } from '../base/errors.ts';
import { parsePart, type Part } from '../base/part.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import type { Work } from '../worker/contract.ts';
import { parseCount } from './arguments.ts';
import type { Outcome } from './commands.ts';
import type { Console } from './console.ts';
import { partCommand } from './partCommands.ts';
import { slurmCommand } from './slurmCommands.ts';

const RUNNERS = ['local', 'slurm'] as const;
type Runner = (typeof RUNNERS)[number];

export interface RunnerOptions {
  readonly part?: Part;
  readonly runner: Runner;
  readonly parts?: number;
  readonly profile?: string;
  readonly wait: boolean;
  readonly device: DeviceChoice;
}

/** The options of a job that can be made in parts. @param what a part has some of */
export function addRunner(command: Command, what: string): Command {
  return command
    .addOption(
      new Option('--part <i/n>', `compute one of n parts of the ${what} only, for assemble`).argParser(
        asArgument(parsePart),
      ),
    )
    .addOption(
      new Option('--runner <name>', 'who runs it: this machine, or a Slurm cluster').choices(RUNNERS).default('local'),
    )
    .option('--parts <number>', 'with slurm: into how many parts', parseCount)
    .option('--profile <file>', 'with slurm: a YAML file of partition, account, time, memory, cpus, gres, extra, setup')
    .option('--no-wait', 'with slurm: end once it is submitted; portllm jobs says how it stands');
}

/**
 * As it was asked for: on a cluster, one part, or all of it here.
 *
 * @param work where it is in parts
 * @throws InputError for options that would do nothing
 */
export function runWork(
  work: () => Work,
  options: RunnerOptions,
  console: Console,
  here: () => Promise<Outcome>,
): Promise<Outcome> {
  const { runner, part, parts, profile, wait, device } = options;
  if (runner === 'slurm' && part !== undefined)
    throw new InputError(
      '--part and --runner slurm do not go together.',
      'Slurm runs all parts; --parts says how many.',
    );
  if (runner === 'slurm') return slurmCommand(work(), options, device, console);
  const idle = [
    ...(parts === undefined ? [] : ['--parts']),
    ...(profile === undefined ? [] : ['--profile']),
    ...(wait ? [] : ['--no-wait']),
  ];
  if (idle.length > 0)
    throw new InputError(`${idle.join(' and ')} ${idle.length === 1 ? 'needs' : 'need'} --runner slurm.`);
  return part === undefined ? here() : partCommand(work(), part, device, console);
}

/** What is wrong with an argument is told as commander tells it. */
export function asArgument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof UserError ? new InvalidArgumentError(error.message) : error;
    }
  };
}
