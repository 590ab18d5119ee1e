/** Run as a process, because a Vulkan driver must be named before it starts: cases on WebGPU, and how far they are off, as JSON. */
import { ortGraphs } from '../../src/kernels/runtime/ortGraphs.ts';
import { generate } from '../../src/model/generate.ts';
import { checkProvider, type ProviderVerdict } from '../../src/model/selfCheck.ts';
import { CPU, largestDifference, logLikelihoods, openCase } from './models.ts';

export interface WebgpuCase {
  readonly logits: number;
  readonly logLikelihood: number;
  /** Tokens that were generated as transformers does, of how many. */
  readonly tokens: readonly [same: number, of: number];
}

export interface WebgpuReport {
  readonly check: ProviderVerdict | null;
  readonly cases: Readonly<Record<string, WebgpuCase>>;
}

const NEW_TOKENS = 3;

async function runCase(name: string): Promise<WebgpuCase> {
  await using opened = await openCase(name, { runtime: ortGraphs('webgpu') });
  const { network, rows, expected } = opened;
  const { prompt, tokens } = expected.generation;
  const logits = largestDifference(await network.logits(rows), expected.logits);
  const found = await logLikelihoods(network, expected.loglikelihood);
  const differences = found.map(({ logProbability, greedy }, i) => {
    const wanted = expected.loglikelihood[i];
    return wanted?.greedy === greedy ? Math.abs(logProbability - wanted.logProbability) : Infinity;
  });
  const { signal } = new AbortController();
  const [produced = []] = await generate(network, [prompt], { maxTokens: NEW_TOKENS }, () => false, signal);
  const same = produced.filter((token, i) => token === tokens[i]).length;
  return { logits, logLikelihood: Math.max(...differences), tokens: [same, NEW_TOKENS] };
}

async function main(names: readonly string[]): Promise<WebgpuReport> {
  const cases: Record<string, WebgpuCase> = {};
  for (const name of names.filter((one) => one !== 'check')) cases[name] = await runCase(name);
  const check = names.includes('check') ? await checkProvider(ortGraphs('webgpu'), CPU) : null;
  return { check, cases };
}

if (import.meta.main) process.stdout.write(`\n${JSON.stringify(await main(process.argv.slice(2)))}\n`);
