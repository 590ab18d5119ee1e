import { tmpdir } from 'node:os';
import { openInputs, assertPortable, type PortInputs } from '../port/plan/inputs.ts';
import type { PlanItem } from '../port/plan/planTypes.ts';
import type { DiagnoseRequest } from './types.ts';

/** What a diagnosis reads. */
export interface DiagnosisInputs extends AsyncDisposable {
  readonly port: PortInputs;
  /** Of the patch that was trained on the new base, where there is one. */
  readonly against: PortInputs | undefined;
  /** The tensors that the patch changes, in the plan's order. */
  readonly items: readonly PlanItem[];
}

/** @throws InputError if the patch cannot be ported onto the base */
export async function openDiagnosisInputs(request: DiagnoseRequest): Promise<DiagnosisInputs> {
  const port = await open(request, request.patch);
  try {
    const against = request.against === undefined ? undefined : await open(request, request.against, 1);
    return {
      port,
      against,
      items: port.plan.items.filter(({ parts, scaleOf }) => parts.length > 0 && scaleOf === undefined),
      async [Symbol.asyncDispose]() {
        await against?.[Symbol.asyncDispose]();
        await port[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await port[Symbol.asyncDispose]();
    throw error;
  }
}

async function open({ onto, from, scale }: DiagnoseRequest, patch: string, ownScale = scale): Promise<PortInputs> {
  // Nothing is written; the folder only stands where a request has one.
  const inputs = await openInputs({ patch, onto, from, scale: ownScale, out: tmpdir(), as: 'checkpoint' });
  try {
    assertPortable(inputs.plan, undefined);
    return inputs;
  } catch (error) {
    await inputs[Symbol.asyncDispose]();
    throw error;
  }
}
