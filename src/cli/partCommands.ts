import { resolve } from 'node:path';
import type { Part } from '../base/part.ts';
import { printable } from '../base/printable.ts';
import { comparisonLines } from '../evaluation/results/comparisonLines.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import type { Assembled, Begun, Work } from '../worker/contract.ts';
import { askForDevice, showPorted, type Outcome } from './commands.ts';
import type { Console } from './console.ts';
import { diagnosisLines } from './diagnosisText.ts';
import { matrixLines } from './matrixText.ts';

/** One part of a job, or of one that was begun: then its output is enough. */
export async function partCommand(
  work: Work | Begun,
  part: Part,
  device: DeviceChoice,
  console: Console,
): Promise<Outcome> {
  const { signal, progress: onProgress } = console;
  await askForDevice(device, console);
  const done = await console.worker.call('part', { work, part, device }, { signal, onProgress });
  console.result(done, () => [
    `Part ${part.index} of ${part.count} is done: ${printable(done.made)}`,
    `  When all are, \`portllm assemble ${done.out}\` puts them together.`,
  ]);
  return 'done';
}

export async function assembleCommand(folder: string, console: Console): Promise<Outcome> {
  const { signal, progress: onProgress } = console;
  const out = resolve(folder);
  return showAssembled(await console.worker.call('assemble', { out }, { signal, onProgress }), console);
}

/** What was made of parts, as the command that makes it at once shows it. */
function showAssembled(made: Assembled, console: Console): Outcome {
  switch (made.kind) {
    case 'port':
      return showPorted(made.result, console);
    case 'diagnose':
      console.result(made.diagnosis, () => [...diagnosisLines(made.diagnosis), `Report: ${made.out}`]);
      break;
    case 'evaluate':
      console.result(made.result, () => [...comparisonLines(made.result.comparison), ...made.result.files]);
      break;
    case 'matrix':
      console.result(made.state, () => matrixLines(made.state));
  }
  return 'done';
}
