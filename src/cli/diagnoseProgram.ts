import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DiagnoseRequest } from '../diagnostics/types.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import { device, json, parseNumber, parseWhole, type CommonOptions, type Run } from './arguments.ts';
import type { Outcome } from './commands.ts';
import type { Console } from './console.ts';
import { diagnosisLines } from './diagnosisText.ts';

interface DiagnoseOptions extends CommonOptions {
  readonly onto: string;
  readonly from?: string;
  readonly against?: string;
  readonly scale: number;
  readonly directions: number;
  readonly device: DeviceChoice;
}

/** As many as a patch of common rank has. */
const DIRECTIONS = 16;

export function addDiagnose(root: Command, run: Run): void {
  root
    .command('diagnose')
    .description(
      'say what weights tell about a port: sizes, evolution, alignment and rounding, each beside its baseline',
    )
    .argument('<patch>', 'the adapter folder')
    .requiredOption('--onto <folder>', 'the new base')
    .option('--from <folder>', 'the old base; without it nothing is known of the evolution')
    .option('--against <patch>', 'a patch for the same task that was trained on the new base')
    .option('--scale <number>', 'multiplies the patch', parseNumber, 1)
    .option(
      '--directions <number>',
      'leading directions that subspaces are compared by; 0 leaves them out',
      parseWhole,
      DIRECTIONS,
    )
    .addOption(device())
    .addOption(json())
    .action((patch: string, options: DiagnoseOptions) =>
      run(options, (console) => diagnoseCommand(requestOf(patch, options), options.device, console)),
    );
}

function requestOf(patch: string, { onto, from, against, scale, directions }: DiagnoseOptions): DiagnoseRequest {
  return {
    patch: resolve(patch),
    onto: resolve(onto),
    from: from === undefined ? undefined : resolve(from),
    against: against === undefined ? undefined : resolve(against),
    scale,
    directions,
  };
}

async function diagnoseCommand(request: DiagnoseRequest, device: DeviceChoice, console: Console): Promise<Outcome> {
  const { signal, progress: onProgress } = console;
  const diagnosis = await console.worker.call('diagnose', { request, device }, { signal, onProgress });
  console.result(diagnosis, () => diagnosisLines(diagnosis));
  return 'done';
}
