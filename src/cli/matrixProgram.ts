import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { folderOfSpec, readSpec } from '../evaluation/matrix/spec.ts';
import { device, json, type CommonOptions, type Run } from './arguments.ts';
import { askForDevice } from './commands.ts';
import { matrixLines } from './matrixText.ts';
import { addRunner, runWork, type RunnerOptions } from './runnerOptions.ts';

interface MatrixOptions extends CommonOptions, RunnerOptions {
  readonly out?: string;
}

export function addMatrix(root: Command, run: Run): void {
  const command = root
    .command('matrix')
    .description(
      'evaluate patches on new bases, on tasks, at scales: all of them, as a table of differences and recovery',
    )
    .argument('<file>', 'a YAML file of patches, bases, tasks and scales')
    .option('--out <folder>', 'where results go; beside the file unless told. One that was stopped goes on there');
  addRunner(command, 'cells')
    .addOption(device())
    .addOption(json())
    .action((file: string, options: MatrixOptions) =>
      run(options, async (console) => {
        const out = resolve(options.out ?? folderOfSpec(file));
        const name = basename(folderOfSpec(file));
        await console.worker.call('beginMatrix', { name, spec: await readSpec(file), out });
        return runWork(
          () => ({ kind: 'matrix', out }),
          options,
          console,
          async () => {
            const { signal, progress: onProgress, worker } = console;
            await askForDevice(options.device, console);
            const parameters = { out, device: options.device };
            const state = await worker.call('matrix', parameters, { signal, onProgress });
            console.result(state, () => matrixLines(state));
            return 'done';
          },
        );
      }),
    );
}
