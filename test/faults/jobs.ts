import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readResults } from '../../src/evaluation/results/readResults.ts';
import { verifyExtraction } from '../../src/extract/verifyExtraction.ts';
import { verify } from '../../src/port/verify/verify.ts';
import type { JobParameters } from '../../src/worker/contract.ts';
import { hashOf, type Scene } from './scene.ts';

const NEVER = new AbortController().signal;

export type JobMethod = 'port' | 'extract' | 'evaluate';

/** A job that writes, and how one sees whether what it wrote is whole. */
export interface FaultJob<M extends JobMethod = JobMethod> {
  readonly name: string;
  readonly method: M;
  readonly parameters: (out: string) => JobParameters<M>;
  /** Whether anything stands under the final name. */
  readonly isThere: (out: string) => Promise<boolean>;
  /** What is wrong with what stands there, before anything is done about it. */
  readonly problems: (out: string) => Promise<string[]>;
  /** What two runs have in common: all bytes, but for dates and paths. */
  readonly content: (out: string) => Promise<string>;
}

export function jobsOf(scene: Scene): FaultJob[] {
  return [portJob(scene, 'checkpoint'), portJob(scene, 'adapter'), extractJob(scene), evaluateJob(scene)];
}

export function portJob(scene: Scene, as: 'checkpoint' | 'adapter'): FaultJob<'port'> {
  return {
    name: `port to ${as}`,
    method: 'port',
    parameters: (out) => ({
      request: { patch: scene.source('patch'), onto: scene.source('new'), out, as, scale: 1 },
      device: 'cpu',
    }),
    isThere: exists,
    problems: async (out) => [...(await verify(out, scene.kernel, () => undefined, NEVER)).problems],
    content: (out) => hashOf(out),
  };
}

function extractJob(scene: Scene): FaultJob<'extract'> {
  return {
    name: 'extract',
    method: 'extract',
    parameters: (out) => ({
      request: { tuned: scene.source('tuned'), from: scene.source('old'), out, form: { kind: 'full' } },
      device: 'cpu',
    }),
    isThere: exists,
    problems: async (out) => [...(await verifyExtraction(out, () => undefined, NEVER)).problems],
    content: (out) => hashOf(out),
  };
}

function evaluateJob(scene: Scene): FaultJob<'evaluate'> {
  const columns = [
    { label: 'new base', model: scene.source('new'), patches: [] },
    { label: 'ported', model: scene.source('new'), patches: [{ patch: scene.source('patch'), scale: 1 }] },
    { label: 'old base', model: scene.source('old'), patches: [] },
  ];
  return {
    name: 'evaluate',
    method: 'evaluate',
    parameters: (out) => ({
      request: {
        columns,
        tasks: [scene.source('mood.jsonl')],
        limit: 24,
        bos: 'auto',
        bootstrapIterations: 100,
        seed: 1234,
        out,
      },
      device: 'cpu',
    }),
    isThere: async (out) => (await resultFiles(out)).length > 0,
    problems: async (out) => {
      // Reads the samples beside each results file; what is half there is an error.
      for (const file of await resultFiles(out)) await readResults(file);
      return [];
    },
    content: async (out) => {
      const files = lastOfEach(await resultFiles(out));
      const contents = files.map(async (file) => {
        const { results } = JSON.parse(await readFile(file, 'utf8')) as { results: unknown };
        const samples = file.replace('results_', 'samples_mood_').replace(/json$/, 'jsonl');
        return JSON.stringify(results) + (await readFile(samples, 'utf8'));
      });
      return (await Promise.all(contents)).join('\n');
    },
  };
}

/** Results that are there are added to: of each column the newest. */
function lastOfEach(files: readonly string[]): string[] {
  return [...new Map(files.map((file) => [dirname(file), file])).values()];
}

async function resultFiles(out: string): Promise<string[]> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter(({ name }) => /^results_.*\.json$/.test(name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function exists(out: string): Promise<boolean> {
  return readdir(out).then(
    () => true,
    () => false,
  );
}
