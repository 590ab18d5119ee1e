import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { InputError } from '../base/errors.ts';
import { parsePart, type Part } from '../base/part.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import { COMBINATIONS, type Combination } from '../patch/combine/arithmetic.ts';
import {
  FLOAT8_CHOICES,
  OUTPUT_KINDS,
  TIED_CHOICES,
  type Float8Choice,
  type OutputKind,
  type PortRequest,
  type TiedChoice,
} from '../port/plan/planTypes.ts';
import { device, json, parseNumber, parseNumbers, type CommonOptions, type Run } from './arguments.ts';
import { absolute, portCommand, type Outcome } from './commands.ts';
import { assembleCommand, partCommand } from './partCommands.ts';
import { addRunner, asArgument, runWork, type RunnerOptions } from './runnerOptions.ts';
import { jobsCommand } from './slurmCommands.ts';

interface PortOptions extends CommonOptions, RunnerOptions {
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
  const command = root
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
    .option('--dry-run', 'show the plan and write nothing');
  addRunner(command, 'shards')
    .addOption(device())
    .addOption(json())
    .action((patches: string[], options: PortOptions) =>
      run(options, (console) => {
        const { onto, from, out, as, scale, tied, float8 } = options;
        const request = { ...severalPatches(patches, options), onto, from, out, as, scale, tied, float8 };
        const here = (): Promise<Outcome> => portCommand(request, options.dryRun === true, options.device, console);
        if (options.dryRun === true) return here();
        return runWork(() => ({ kind: 'port', request: absolute(request) }), options, console, here);
      }),
    );
  root
    .command('part')
    .description('compute one part of a job that was begun in parts')
    .argument('<folder>', 'the output that it is for')
    .argument('<i/n>', 'which part', asArgument(parsePart))
    .addOption(device())
    .addOption(json())
    .action((folder: string, part: Part, options: CommonOptions & { device: DeviceChoice }) =>
      run(options, (console) => partCommand({ out: resolve(folder) }, part, options.device, console)),
    );
  root
    .command('jobs')
    .description('say how a job stands that was handed to Slurm')
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
