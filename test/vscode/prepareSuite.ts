import { spawnSync } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, SAMPLES } from '../support/paths.ts';
import { bundleForExtensionHost } from './harness/bundle.ts';

/** A workspace with the samples, a ported model outside it, and the bundled suite. @throws Error if the port fails */
export async function prepareSuite(scratch: string): Promise<{ workspace: string; ported: string; suite: string }> {
  const workspace = join(scratch, 'workspace');
  const ported = join(scratch, 'ported');
  await mkdir(workspace, { recursive: true });
  for (const part of ['models', 'patches']) await cp(join(SAMPLES, part), join(workspace, part), { recursive: true });
  const [patch, onto] = [join(workspace, 'patches', 'mood'), join(workspace, 'models', 'storyteller-v2')];
  const args = [join(ROOT, 'dist', 'cli.js'), 'port', patch, '--onto', onto, '--out', ported];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const suite = join(scratch, 'suite.cjs');
  await bundleForExtensionHost(join(import.meta.dirname, 'suite', 'suite.ts'), suite);
  return { workspace, ported, suite };
}
