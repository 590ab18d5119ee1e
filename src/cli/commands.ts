import { resolve } from 'node:path';
import type { DeviceChoice } from '../kernels/device.ts';
import type { PortRequest } from '../port/planTypes.ts';
import type { Console } from './console.ts';
import { inspectionLines, planLines, resultLines, verifyLines } from './text.ts';

/** Each command returns whether it succeeded; errors are thrown. */
export async function inspectCommand(path: string, console: Console): Promise<boolean> {
  const inspection = await console.worker.call('inspect', { path: resolve(path) });
  console.result(inspection, () => inspectionLines(inspection));
  return true;
}

export async function portCommand(
  options: PortRequest,
  dryRun: boolean,
  device: DeviceChoice,
  console: Console,
): Promise<boolean> {
  const request = absolute(options);
  if (dryRun) {
    const plan = await console.worker.call('plan', request);
    console.result(plan, () => planLines(plan));
    return plan.refusals.length === 0;
  }
  const { warning } = await console.worker.call('device', { device });
  if (warning !== undefined) console.warn(warning);
  const { signal, progress: onProgress } = console;
  const result = await console.worker.call('port', { request, device }, { signal, onProgress });
  for (const text of result.provenance.warnings) console.warn(text);
  console.result(result, () => resultLines(result));
  return true;
}

export async function verifyCommand(folder: string, device: DeviceChoice, console: Console): Promise<boolean> {
  const { signal, progress: onProgress } = console;
  const result = await console.worker.call('verify', { folder: resolve(folder), device }, { signal, onProgress });
  console.result(result, () => verifyLines(result));
  return result.ok;
}

/** The worker's folder is its own; paths are the person's. */
function absolute({ patch, onto, from, out, as, scale }: PortRequest): PortRequest {
  return {
    patch: resolve(patch),
    onto: resolve(onto),
    from: from === undefined ? undefined : resolve(from),
    out: resolve(out),
    as,
    scale,
  };
}
