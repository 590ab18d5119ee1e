import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGES = ['torch==2.15.0', 'transformers==5.23.0', 'peft==0.21.2', 'numpy', 'accelerate'];
/** By itself: it asks for other versions of the same packages. */
const MERGEKIT = ['mergekit==0.1.5'];

/** Python with the peers, in an environment of its own that is made once. @throws if it cannot be made */
export function pythonIn(folder: string, which: 'peft' | 'mergekit'): string {
  const environment = join(folder, `venv-${which}`);
  const python = join(environment, 'bin', 'python');
  if (!existsSync(python)) run('python3', ['-m', 'venv', environment]);
  run(python, ['-m', 'pip', 'install', '--quiet', ...(which === 'peft' ? PACKAGES : MERGEKIT)]);
  return python;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}
