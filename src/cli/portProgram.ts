import { InvalidArgumentError, Option, type Command } from 'commander';
import { InputError, UserError } from '../base/errors.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import { COMBINATIONS, type Combination } from '../patch/combine/arithmetic.ts';
import { parsePart, type Part } from '../port/parts/part.ts';
import {
  FLOAT8_CHOICES,
  OUTPUT_KINDS,
  TIED_CHOICES,
  type Float8Choice,
  type OutputKind,
  type PortRequest,
  type TiedChoice,
} from '../port/plan/planTypes.ts';
import { device, json, parseCount, parseNumber, parseNumbers, type CommonOptions, type Run } from './arguments.ts';
import { assembleCommand, partAgainCommand, partCommand, portCommand } from './commands.ts';
import { jobsCommand, slurmCommand } from './slurmCommands.ts';

const RUNNERS = ['local', 'slurm'] as const;
type Runner = (typeof RUNNERS)[number];

interface PortOptions extends CommonOptions {
  readonly onto: string;
  readonly from?: string;
  readonly out: string;
  readonly as: OutputKind;
  readonly scale: number;
  readonly tied?: TiedChoice;
  readonly float8?: Float8Choice;
  readonly weights?: readonly number[];
  readonly combine: Combination;
  readonly density: number;
  readonly seed: number;
  readonly dryRun?: true;
  readonly part?: Part;
  readonly runner: Runner;
  readonly parts?: number;
  readonly profile?: string;
  readonly wait: boolean;
  readonly device: DeviceChoice;
}

/** @throws InputError if there is not one weight for each patch */
function severalPatches(
  [patch = '', ...others]: readonly string[],
  { weights, combine, density, seed }: PortOptions,
): Pick<PortRequest, 'patch' | 'weight' | 'plus' | 'combine'> {
  if (weights !== undefined && weights.length !== others.length + 1)
    throw new InputError(`The patches are ${others.length + 1}, and --weights names ${weights.length}.`);
  if (others.length === 0) return { patch };
  const plus = others.map((other, i) => ({ patch: other, weight: weights?.[i + 1] ?? 1 }));
  return { patch, weight: weights?.[0] ?? 1, plus, combine: { combination: combine, density, seed } };
}

/** `port` as a whole or in parts, and `assemble`. */
export function addPort(root: Command, run: Run): void {
  root
    .command('port')
    .description('add a patch to a new base')
    .argument('<patch...>', 'the adapter folder; several are combined')
    .requiredOption('--onto <folder>', 'the new base')
    .option('--from <folder>', 'the old base; needed where the patch stands for its weights, else compared')
    .requiredOption('--out <folder>', 'the folder to make')
    .addOption(new Option('--as <kind>', 'what to make').choices(OUTPUT_KINDS).default('checkpoint'))
    .option('--scale <number>', 'multiplies the patch', parseNumber, 1)
    .addOption(
      new Option(
        '--tied <choice>',
        'a head tied to the embedding: apart, as trained, or shared, as PEFT merges',
      ).choices(TIED_CHOICES),
    )
    .option('--weights <numbers>', 'of several patches, with commas between', parseNumbers)
    .addOption(
      new Option('--combine <method>', "how several patches become one, by PEFT's names; cat is the exact sum")
        .choices(COMBINATIONS)
        .default('cat'),
    )
    .option('--density <share>', 'what pruning keeps, for ties, dare_… and magnitude_prune', parseNumber, 1)
    .option('--seed <number>', 'of DARE', parseNumber, 0)
    .addOption(
      new Option('--float8 <choice>', 'block-scaled FP8: quantised anew where patched, or all as BF16').choices(
        FLOAT8_CHOICES,
      ),
    )
    .option('--dry-run', 'show the plan and write nothing')
    .addOption(
      new Option('--part <i/n>', 'write one of n parts of the shards only, for assemble').argParser(
        asArgument(parsePart),
      ),
    )
    .addOption(
      new Option('--runner <name>', 'who runs it: this machine, or a Slurm cluster').choices(RUNNERS).default('local'),
    )
    .option('--parts <number>', 'with slurm: into how many parts; as many as there are shards unless told', parseCount)
    .option('--profile <file>', 'with slurm: a YAML file of partition, account, time, memory, cpus, gres, extra, setup')
    .option('--no-wait', 'with slurm: end once it is submitted; portllm jobs says how it stands')
    .addOption(device())
    .addOption(json())
    .action((patches: string[], options: PortOptions) =>
      run(options, (console) => {
        const { onto, from, out, as, scale, tied, float8 } = options;
        const request = { ...severalPatches(patches, options), onto, from, out, as, scale, tied, float8 };
        if (options.runner === 'slurm') return slurmCommand(request, options, console);
        if (options.part !== undefined) return partCommand(request, options.part, options.device, console);
        return portCommand(request, options.dryRun === true, options.device, console);
      }),
    );
  root
    .command('part')
    .description('write one part of a port that was begun in parts')
    .argument('<folder>', 'the output that it is for')
    .argument('<i/n>', 'which part', asArgument(parsePart))
    .addOption(device())
    .addOption(json())
    .action((folder: string, part: Part, options: CommonOptions & { device: DeviceChoice }) =>
      run(options, (console) => partAgainCommand(folder, part, options.device, console)),
    );
  root
    .command('jobs')
    .description('say how a port stands that was handed to Slurm')
    .argument('<folder>', 'its output')
    .addOption(new Option('--cancel', 'take it back; what is finished stays'))
    .addOption(json())
    .action((folder: string, options: CommonOptions & { cancel?: true }) =>
      run(options, (console) => jobsCommand(folder, options.cancel === true, console)),
    );
  root
    .command('assemble')
    .description('make an output of its parts, once all are there')
    .argument('<folder>', 'the output that the parts were written for')
    .addOption(json())
    .action((folder: string, options: CommonOptions) => run(options, (console) => assembleCommand(folder, console)));
}

/** What is wrong with an argument is told as commander tells it. */
function asArgument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof UserError ? new InvalidArgumentError(error.message) : error;
    }
  };
}
