import { resolve } from 'node:path';
import type { ExtractRequest } from '../extract/types.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import type { PortRequest } from '../port/plan/planTypes.ts';
import type { PortResult } from '../port/port.ts';
import type { Console } from './console.ts';
import { extractLines, inspectionLines, planLines, resultLines, verifyLines } from './text.ts';

/** How a command ended; errors are thrown. */
export type Outcome = 'done' | 'failed' | 'unusable';

export async function inspectCommand(path: string, console: Console): Promise<Outcome> {
  const { signal } = console;
  const inspection = await console.worker.call('inspect', { path: resolve(path) }, { signal });
  console.result(inspection, () => inspectionLines(inspection));
  return 'done';
}

export async function portCommand(
  options: PortRequest,
  dryRun: boolean,
  device: DeviceChoice,
  console: Console,
): Promise<Outcome> {
  const request = absolute(options);
  const { signal, progress: onProgress } = console;
  if (dryRun) {
    const plan = await console.worker.call('plan', request, { signal });
    console.result(plan, () => planLines(plan));
    return plan.refusals.length === 0 ? 'done' : 'unusable';
  }
  // An adapter needs none.
  if (request.as === 'checkpoint') await askForDevice(device, console);
  const result = await console.worker.call('port', { request, device }, { signal, onProgress });
  return showPorted(result, console);
}

export function showPorted(result: PortResult, console: Console): Outcome {
  for (const text of result.provenance.warnings) console.warn(text);
  console.result(result, () => resultLines(result));
  return 'done';
}

/** A wish that cannot be met is said. */
export async function askForDevice(device: DeviceChoice, console: Console): Promise<void> {
  const { warning } = await console.worker.call('device', { device }, { signal: console.signal });
  if (warning !== undefined) console.warn(warning);
}

export async function extractCommand(
  { tuned, from, out, form }: ExtractRequest,
  device: DeviceChoice,
  console: Console,
): Promise<Outcome> {
  const { signal, progress: onProgress } = console;
  const request = { tuned: resolve(tuned), from: resolve(from), out: resolve(out), form };
  const result = await console.worker.call('extract', { request, device }, { signal, onProgress });
  for (const text of result.extraction.warnings) console.warn(text);
  console.result(result, () => extractLines(result));
  return 'done';
}

export async function verifyCommand(folder: string, device: DeviceChoice, console: Console): Promise<Outcome> {
  const { signal, progress: onProgress } = console;
  const result = await console.worker.call('verify', { folder: resolve(folder), device }, { signal, onProgress });
  console.result(result, () => verifyLines(result));
  return result.ok ? 'done' : 'failed';
}

/** The worker's folder is its own; paths are the person's. */
export function absolute({
  patch,
  weight,
  plus,
  combine,
  onto,
  from,
  out,
  as,
  scale,
  tied,
  float8,
}: PortRequest): PortRequest {
  return {
    patch: resolve(patch),
    weight,
    plus: plus?.map((other) => ({ ...other, patch: resolve(other.patch) })),
    combine,
    onto: resolve(onto),
    from: from === undefined ? undefined : resolve(from),
    out: resolve(out),
    as,
    scale,
    tied,
    float8,
  };
}
