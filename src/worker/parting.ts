/** Jobs in parts: which folder's code divides, computes and puts together what. */
import { resolve } from 'node:path';
import type { Divided } from '../base/divided.ts';
import { InputError } from '../base/errors.ts';
import { plural } from '../base/format.ts';
import { PartsFolder } from '../base/partsFolder.ts';
import { VERSION } from '../base/version.ts';
import { assembleDiagnosis } from '../diagnostics/parts/assembleDiagnosis.ts';
import { diagnosePart } from '../diagnostics/parts/diagnosePart.ts';
import { divideDiagnosis } from '../diagnostics/parts/divideDiagnosis.ts';
import { DIAGNOSE_PARTS } from '../diagnostics/parts/piece.ts';
import { assembleMatrix, divideMatrix } from '../evaluation/matrix/parts.ts';
import { runMatrixPart } from '../evaluation/matrix/runMatrix.ts';
import { assembleEvaluation } from '../evaluation/run/parts/assembleEvaluation.ts';
import { divideEvaluation } from '../evaluation/run/parts/divideEvaluation.ts';
import { evaluatePart } from '../evaluation/run/parts/evaluatePart.ts';
import { EVALUATE_REQUEST } from '../evaluation/run/parts/request.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import { assemblePort } from '../port/parts/assemblePort.ts';
import { dividePort } from '../port/parts/dividePort.ts';
import { portPart } from '../port/parts/portPart.ts';
import { PORT_REQUEST } from '../port/parts/request.ts';
import type { Assembled, Begun, JobContext, JobParameters, PartDone, Work } from './contract.ts';
import { trusted, type Runtimes } from './evaluating.ts';

export async function divideJob(
  asked: Work | Begun,
  count: number | undefined,
  kernel: LowRankKernel,
  signal: AbortSignal,
): Promise<Divided> {
  const tools = { kernel, toolVersion: VERSION, signal };
  const work = await workOf(asked);
  switch (work.kind) {
    case 'port':
      return dividePort(work.request, count, VERSION);
    case 'diagnose':
      return divideDiagnosis(work.request, count, VERSION);
    case 'evaluate':
      return divideEvaluation(work.request, count, tools);
    case 'matrix':
      return divideMatrix(work.out, tools);
  }
}

/** What computes, on a device that is asked for. */
export interface Devices {
  kernel(device: DeviceChoice): Promise<LowRankKernel>;
  runtimes(device: DeviceChoice): Promise<Runtimes>;
}

export async function partJob(
  { work: asked, part, device }: JobParameters<'part'>,
  devices: Devices,
  { sink, signal }: JobContext,
): Promise<PartDone> {
  const work = await workOf(asked);
  const evaluating = async () => {
    const runtimes = await devices.runtimes(device);
    const { runtime } = await trusted(runtimes);
    return { runtime, kernel: runtimes.kernel, toolVersion: VERSION, sink, signal };
  };
  switch (work.kind) {
    case 'port': {
      const { shards } = await portPart(work.request, part, await devices.kernel(device), VERSION, sink, signal);
      return { out: work.request.out, made: shards.join(', ') };
    }
    case 'diagnose': {
      const { tensors } = await diagnosePart(work.request, part, await devices.kernel(device), VERSION, sink, signal);
      return { out: work.request.out, made: plural(tensors, 'tensor') };
    }
    case 'evaluate': {
      const { items } = await evaluatePart(work.request, part, await evaluating());
      return { out: work.request.out, made: plural(items, 'item') };
    }
    case 'matrix': {
      const { what } = await runMatrixPart(work.out, part, await evaluating());
      return { out: work.out, made: what };
    }
  }
}

/** What the parts beside an output are parts of. @throws InputError if there are none */
async function workOf(asked: Work | Begun): Promise<Work> {
  if ('kind' in asked) return asked;
  const { out } = asked;
  const folder = new PartsFolder(out);
  switch (await folder.kind()) {
    case 'port':
      return { kind: 'port', request: await folder.request(PORT_REQUEST) };
    case 'diagnose':
      return { kind: 'diagnose', request: await folder.request(DIAGNOSE_PARTS) };
    case 'evaluate':
      return { kind: 'evaluate', request: await folder.request(EVALUATE_REQUEST) };
    case 'matrix':
      return { kind: 'matrix', out: resolve(out) };
    case undefined:
      throw nothingBegun(out);
  }
}

export async function assembleJob(
  out: string,
  kernel: LowRankKernel,
  { sink, signal }: JobContext,
): Promise<Assembled> {
  const kind = await new PartsFolder(out).kind();
  switch (kind) {
    case 'port':
      return { kind, result: await assemblePort(out, VERSION, sink, signal) };
    case 'diagnose':
      return { kind, ...(await assembleDiagnosis(out, VERSION)) };
    case 'evaluate':
      return { kind, result: await assembleEvaluation(out, { kernel, toolVersion: VERSION, signal }) };
    case 'matrix':
      return { kind, state: await assembleMatrix(out, signal) };
    case undefined:
      throw nothingBegun(out);
  }
}

function nothingBegun(out: string): InputError {
  return new InputError(
    `There are no parts of ${out}.`,
    'portllm port, diagnose or evaluate with --part i/n writes one.',
  );
}
