import { spawnSync } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, SAMPLES } from '../support/paths.ts';
import { bundleForExtensionHost } from './harness/bundle.ts';

export interface Prepared {
  readonly workspace: string;
  readonly ported: string;
  /** A results file. */
  readonly results: string;
  readonly suite: string;
}

/** A workspace with the samples, a ported model and results outside it, and the bundled suite. @throws Error if a job fails */
export async function prepareSuite(scratch: string): Promise<Prepared> {
  const workspace = join(scratch, 'workspace');
  const ported = join(scratch, 'ported');
  await mkdir(workspace, { recursive: true });
  for (const part of ['models', 'patches']) await cp(join(SAMPLES, part), join(workspace, part), { recursive: true });
  const [patch, onto] = [join(workspace, 'patches', 'mood'), join(workspace, 'models', 'storyteller-v2')];
  portllm(['port', patch, '--onto', onto, '--out', ported]);
  const task = join(SAMPLES, 'tasks', 'mood.test.jsonl');
  const evaluated = ['evaluate', onto, '--task', task, '--limit', '5', '--out', join(scratch, 'evaluated'), '--json'];
  const { files } = JSON.parse(portllm(evaluated)) as { files: [string] };
  const suite = join(scratch, 'suite.cjs');
  await bundleForExtensionHost(join(import.meta.dirname, 'suite', 'suite.ts'), suite);
  return { workspace, ported, results: files[0], suite };
}

function portllm(args: readonly string[]): string {
  const cli = join(ROOT, 'dist', 'cli.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
