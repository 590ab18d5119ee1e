import { Command, CommanderError, Option } from 'commander';
import { InputError, UserError, CancelledError } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import type { ExtractForm } from '../extract/types.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import { json, device, parseCount, parseShare, type CommonOptions } from './arguments.ts';
import { extractCommand, inspectCommand, verifyCommand, type Outcome } from './commands.ts';
import { Console } from './console.ts';
import { addDiagnose } from './diagnoseProgram.ts';
import { addEvaluation } from './evaluateProgram.ts';
import { addMatrix } from './matrixProgram.ts';
import { addPort } from './portProgram.ts';

/** Exit codes: 0 done, 1 failed, 2 the input cannot be used. */
const FAILED = 1;
const BAD_INPUT = 2;
const EXIT_CODES: Record<Outcome, number> = { done: 0, failed: FAILED, unusable: BAD_INPUT };

interface ExtractOptions extends CommonOptions {
  readonly from: string;
  readonly out: string;
  readonly full?: true;
  readonly rank?: number;
  readonly energy?: number;
  readonly maxRank: number;
  readonly device: DeviceChoice;
}

const DEFAULT_RANK = 64;
const DEFAULT_MAX_RANK = 256;

function formOf({ full, rank, energy, maxRank }: ExtractOptions): ExtractForm {
  if (full) return { kind: 'full' };
  if (energy !== undefined) return { kind: 'energy', share: energy, maxRank };
  return { kind: 'rank', rank: rank ?? DEFAULT_RANK };
}

function program(): Command {
  const root = new Command('portllm')
    .description('Port a patch onto a newer base model: no training, no data.')
    .version(VERSION)
    .exitOverride();
  root
    .command('inspect')
    .description('say what a model, a patch, an output or a safetensors file is')
    .argument('<path>')
    .addOption(json())
    .action((path: string, options: CommonOptions) => run(options, (console) => inspectCommand(path, console)));
  addPort(root, run);
  root
    .command('extract')
    .description('make a patch out of a fine-tuned model: what it has that its base has not')
    .argument('<folder>', 'the fine-tuned model')
    .requiredOption('--from <folder>', 'the base it was made from')
    .requiredOption('--out <folder>', 'the folder to make')
    .addOption(new Option('--full', 'the whole difference, of the tensors that changed').conflicts(['rank', 'energy']))
    .addOption(
      new Option('--rank <number>', `a LoRA of this rank (${DEFAULT_RANK} if nothing is said)`)
        .argParser(parseCount)
        .conflicts('energy'),
    )
    .addOption(
      new Option('--energy <share>', 'a LoRA of the ranks that keep this share of each change').argParser(parseShare),
    )
    .option('--max-rank <number>', 'with --energy', parseCount, DEFAULT_MAX_RANK)
    .addOption(device())
    .addOption(json())
    .action((tuned: string, options: ExtractOptions) =>
      run(options, (console) =>
        extractCommand({ tuned, from: options.from, out: options.out, form: formOf(options) }, options.device, console),
      ),
    );
  root
    .command('verify')
    .description('check an output against its provenance, computing every touched tensor again')
    .argument('<folder>')
    .addOption(device())
    .addOption(json())
    .action((folder: string, options: CommonOptions & { device: DeviceChoice }) =>
      run(options, (console) => verifyCommand(folder, options.device, console)),
    );
  addDiagnose(root, run);
  addEvaluation(root, run);
  addMatrix(root, run);
  return root;
}

/** Runs one command; every error becomes words and an exit code. */
async function run(options: CommonOptions, command: (console: Console) => Promise<Outcome>): Promise<void> {
  await using console = new Console(options.json === true);
  try {
    process.exitCode = EXIT_CODES[await command(console)];
  } catch (error) {
    console.fail(error);
    process.exitCode = error instanceof InputError ? BAD_INPUT : FAILED;
    if (!(error instanceof UserError) && !(error instanceof CancelledError)) console.bug(error);
  }
}

program()
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : BAD_INPUT;
  });
