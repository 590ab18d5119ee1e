import { listSupportedBackends } from 'onnxruntime-node';
import type { DeviceChoice, DeviceReport, ProviderCheck } from '../device.ts';
import type { LowRankKernel } from '../lowRank.ts';
import { OrtKernel } from './ortKernel.ts';

/** Best first; tensorrt and the mobile providers are left out: nothing here needs them. */
const PREFERENCE = ['cuda', 'dml', 'coreml', 'webgpu'];
const SHAPE = { rows: 256, rank: 16, columns: 1024 };
/** Two correct float32 products of rank 16 differ by a few ulp; half precision by a thousand times more. */
const TOLERANCE = 1e-5;

/**
 * Chooses where products are computed: asks ONNX Runtime which providers are there, lets each candidate compute a
 * product that the CPU computed too, and takes the first that agrees (under `auto`, only if it is not slower).
 */
export async function chooseDevice(choice: DeviceChoice): Promise<{ kernel: LowRankKernel; report: DeviceReport }> {
  const cpu = await OrtKernel.create('cpu');
  const sample = makeSample();
  const expected = await cpu.product(sample.left, sample.right, SHAPE, sample.scale);
  const reference = await time(cpu, sample);
  const checks: ProviderCheck[] = [{ provider: 'cpu', ok: true, milliseconds: reference, detail: 'the reference' }];
  const available = new Set(listSupportedBackends().map((backend) => backend.name));
  const candidates = choice === 'auto' ? PREFERENCE : PREFERENCE.filter((name) => name === choice);
  for (const provider of candidates) {
    if (!available.has(provider)) {
      checks.push({ provider, ok: false, milliseconds: undefined, detail: 'not part of this build of ONNX Runtime' });
      continue;
    }
    const { kernel, check } = await tryProvider(provider, sample, expected);
    const slower = choice === 'auto' && (check.milliseconds ?? 0) > reference;
    checks.push(slower ? { ...check, detail: `${check.detail}; slower than the CPU` } : check);
    if (kernel !== undefined && !slower) {
      await cpu.release();
      return { kernel, report: { requested: choice, used: provider, checks, warning: undefined } };
    }
    await kernel?.release();
  }
  return { kernel: cpu, report: { requested: choice, used: 'cpu', checks, warning: fallbackWarning(choice, checks) } };
}

function fallbackWarning(choice: DeviceChoice, checks: readonly ProviderCheck[]): string | undefined {
  if (choice === 'auto' || choice === 'cpu') return undefined;
  const detail = checks.find((check) => check.provider === choice)?.detail ?? 'unknown provider';
  return `The device "${choice}" cannot be used (${detail}). The CPU computes instead; "Devices, and CUDA" in docs/troubleshooting.md says more.`;
}

async function tryProvider(
  provider: string,
  sample: Sample,
  expected: Float32Array,
): Promise<{ kernel: OrtKernel | undefined; check: ProviderCheck }> {
  let kernel: OrtKernel | undefined;
  try {
    kernel = await OrtKernel.create(provider);
    const error = relativeError(await kernel.product(sample.left, sample.right, SHAPE, sample.scale), expected);
    const detail = `differs from the CPU by ${error.toExponential(1)} relative to the largest element`;
    const check = { provider, ok: error <= TOLERANCE, milliseconds: await time(kernel, sample), detail };
    if (check.ok) return { kernel, check };
    await kernel.release();
    return { kernel: undefined, check };
  } catch (error) {
    await kernel?.release();
    const detail = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { kernel: undefined, check: { provider, ok: false, milliseconds: undefined, detail } };
  }
}

interface Sample {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly scale: number;
}

/** Deterministic values of a patch's size. */
function makeSample(): Sample {
  const wave = (length: number, step: number): Float32Array =>
    Float32Array.from({ length }, (_, i) => Math.sin(i * step) / 8);
  return {
    left: wave(SHAPE.rows * SHAPE.rank, 0.37),
    right: wave(SHAPE.rank * SHAPE.columns, 0.71),
    scale: 2,
  };
}

async function time(kernel: LowRankKernel, sample: Sample): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    const begin = performance.now();
    await kernel.product(sample.left, sample.right, SHAPE, sample.scale);
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  let largest = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i] ?? 0));
    worst = Math.max(worst, Math.abs((actual[i] ?? NaN) - (expected[i] ?? 0)));
  }
  // NaN compares as not ≤ the tolerance, so a provider that returns it fails.
  return worst / largest;
}
