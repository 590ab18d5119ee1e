import type { GraphRuntime } from '../kernels/graphRuntime.ts';
import type { Architecture } from './architecture.ts';
import { generate } from './generate.ts';
import type { Target } from './network.ts';
import { lengthOf, type TokenTree } from './rows.ts';
import { sampleNetwork, SAMPLES } from './sampleNetwork.ts';

/** What a provider is worth. */
export interface ProviderVerdict {
  readonly ok: boolean;
  /** The largest difference of a log-probability; infinite where the provider failed. */
  readonly worst: number;
  readonly detail: string;
}

/** Of log-probabilities. Correct providers stay below a tenth of it; a wrong operator is off by much more. */
const TOLERANCE = 1e-4;
const NEW_TOKENS = 3;

/**
 * Lets a provider and the CPU run small decoders and compares them. Long rows, trees, windows, soft caps and a cache are in
 * them, because providers were seen to ignore one or compute another wrongly, without an error (see Network.plainAttention).
 */
export async function checkProvider(runtime: GraphRuntime, reference: GraphRuntime): Promise<ProviderVerdict> {
  let worst = 0;
  for (const sample of SAMPLES) {
    try {
      const [actual, expected] = [await answers(sample, runtime), await answers(sample, reference)];
      worst = Math.max(worst, largestDifference(actual.logProbabilities, expected.logProbabilities));
      if (String(actual.tokens) !== String(expected.tokens))
        return { ok: false, worst, detail: `a decoder ${sample.name} generates other tokens` };
    } catch (error) {
      const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
      return { ok: false, worst: Infinity, detail: `a decoder ${sample.name} fails: ${line}` };
    }
  }
  const detail = `log-probabilities differ from the CPU's by up to ${worst.toExponential(1)}`;
  return { ok: worst <= TOLERANCE, worst, detail };
}

interface Answers {
  readonly logProbabilities: Float32Array;
  readonly tokens: readonly (readonly number[])[];
}

async function answers(architecture: Architecture, runtime: GraphRuntime): Promise<Answers> {
  await using network = sampleNetwork(architecture, runtime);
  const tokens = (count: number, step: number): number[] =>
    Array.from({ length: count }, (_, i) => (i * i * step + 7 * i + step) % architecture.vocabulary);
  const rows: TokenTree[] = [
    { prefix: tokens(11, 5), branches: [] },
    { prefix: tokens(48, 3), branches: [tokens(3, 11), tokens(6, 13)] },
  ];
  const { logProbabilities } = await network.score(rows, targetsOf(rows, architecture.vocabulary));
  // One cache is enough, and another network costs seconds on some devices.
  if (architecture !== SAMPLES[0]) return { logProbabilities, tokens: [] };
  const { signal } = new AbortController();
  const prompts = [tokens(40, 3), tokens(5, 2)];
  return { logProbabilities, tokens: await generate(network, prompts, { maxTokens: NEW_TOKENS }, () => false, signal) };
}

/** Every place of every row, and tokens from all over the vocabulary. */
function targetsOf(rows: readonly TokenTree[], vocabulary: number): Target[] {
  return rows.flatMap((tree, row) =>
    Array.from({ length: lengthOf(tree) }, (_, place) => ({ row, place, token: (31 * place + row) % vocabulary })),
  );
}

/** NaN is infinitely far. */
function largestDifference(actual: Float32Array, expected: Float32Array): number {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN));
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
  }
  return worst;
}
