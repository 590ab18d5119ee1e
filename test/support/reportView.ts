/** Reports that tests show, from the samples themselves. */
import { join } from 'node:path';
import { diagnose } from '../../src/diagnostics/diagnose.ts';
import { diagnosisFile, type DiagnosisFile } from '../../src/diagnostics/diagnosisFile.ts';
import type { Probe, ProbePoint } from '../../src/diagnostics/probeTypes.ts';
import type { Diagnosis } from '../../src/diagnostics/types.ts';
import type { ViewTensor } from '../../src/editor/report/viewTypes.ts';
import { plainKernel } from './matrices.ts';
import { ROOT } from './paths.ts';

const VARIANTS = join(ROOT, 'test/golden/variants/cases');

export const MADE = new Date('2026-11-26T12:00:00Z');

/** A small patch on small bases, with itself as the retrained one. */
export async function smallDiagnosis(hasOldBase = true): Promise<Diagnosis> {
  const patch = join(VARIANTS, 'layers-to-transform/patch');
  const from = hasOldBase ? join(VARIANTS, 'bases/llama-old') : undefined;
  const request = { patch, from, onto: join(VARIANTS, 'bases/llama-new'), against: patch, scale: 1, directions: 4 };
  return diagnose(request, plainKernel, () => undefined, new AbortController().signal);
}

export async function smallFile(): Promise<DiagnosisFile> {
  return diagnosisFile(await smallDiagnosis(), SMALL_PROBE, '0.0.0', MADE);
}

export function viewTensor(module: string, layer: number | null, values: readonly (number | null)[]): ViewTensor {
  return {
    ...{ module, layer, target: `${module}.weight`, type: module.slice(module.lastIndexOf('.') + 1) },
    group: module.includes('attn') ? 'attention' : module.includes('mlp') ? 'feed-forward' : 'other',
    ...{ shape: [2, 2], dtype: 'BF16', method: 'LoRA' },
    values,
    chances: values.map(() => 0.5),
  };
}

const MODULES = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'].concat(
  ['gate_proj', 'up_proj', 'down_proj'].map((name) => `mlp.${name}`),
);

/** As large as those of the largest models: Llama 3.1 405B has 126 layers. */
export function largeTensors(layers: number, metrics: number): ViewTensor[] {
  return Array.from({ length: layers }, (_, layer) =>
    MODULES.map((module, i) =>
      viewTensor(
        `model.layers.${layer}.${module}`,
        layer,
        Array.from({ length: metrics }, (__, metric) => 1 + ((layer * 7 + i * 3 + metric) % 11)),
      ),
    ),
  ).flat();
}

function probePoint(parameter: number, loss: number): ProbePoint {
  const none = { value: 0, stderr: 0.1 };
  return {
    ...{ parameter, loss, stderr: 0.1, tokens: 80, lossPerToken: loss / 2, accuracy: 0.9 },
    against0: none,
    against1: none,
  };
}

/** A bump between the bases. */
export const SMALL_PROBE: Probe = {
  ...{ patch: '/patch', scale: 1, onto: '/new', from: '/old' },
  tasks: [
    {
      ...{ task: 'kind.test', outputType: 'multiple_choice', items: 40, documents: 500 },
      blend: {
        points: [0, 0.25, 0.5, 0.75, 1].map((t) => probePoint(t, 2 + 3 * t * (1 - t))),
        barrier: { at: 0.5, value: 0.75, stderr: 0.1 },
      },
      scales: { points: [0, 0.5, 1].map((scale) => probePoint(scale, 9 - 7 * scale)), rise: null, minimum: 1 },
    },
  ],
  findings: [
    {
      verdict: 'look closer',
      text: 'kind.test: a bump between the bases',
      grade: 'A',
      source: 'https://arxiv.org/abs/2503.20110',
    },
  ],
  notes: ['cpu, float32 arithmetic'],
  warnings: [],
};
