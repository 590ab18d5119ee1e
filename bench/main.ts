/**
 * Everything that is measured beside others, one after the other; results go to bench/results/.
 *
 *     npm run bench -- DIR [--only port-7B,extract] [--list]
 *
 * DIR needs about 50 GB for all of it. Python with the peers is installed below it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, list: { type: 'boolean', default: false } },
});
const root = resolve(positionals[0] ?? 'bench-models');

const BENCHES: Readonly<Record<string, readonly string[]>> = {
  'port-135M': ['port/port.ts', root, '--shape', '135M'],
  'port-1.2B': ['port/port.ts', root, '--shape', '1.2B', '--peers', 'cp,peft,mergekit,finetune'],
  'port-7B': ['port/port.ts', root, '--shape', '7B'],
  'port-adapter': ['port/adapter.ts', root],
  'kernel-instructions': ['kernels/instructions.ts'],
  'port-limits': ['port/limits.ts'],
  'port-growth': ['port/growth.ts', root],
  'diagnose-7B': ['diagnose/diagnose.ts', root],
  'diagnose-1.2B': ['diagnose/diagnose.ts', root, '--shape', '1.2B', '--directions', '16', '--rounds', '2'],
  extract: ['extract/svd.ts', root],
  library: ['library/listing.ts'],
  pages: ['pages/heatMap.ts'],
  activation: ['pages/activation.ts'],
};

const names = values.only?.split(',') ?? Object.keys(BENCHES);
if (values.list) console.log(Object.keys(BENCHES).join('\n'));
else {
  mkdirSync(root, { recursive: true });
  // What is shipped.
  run('build', [join(import.meta.dirname, '../scripts/build.ts'), '--production']);
  for (const name of names) {
    const [script = '', ...args] = BENCHES[name] ?? [];
    if (script === '') throw new Error(`${name}: one of ${Object.keys(BENCHES).join(', ')}`);
    const out = join(import.meta.dirname, 'results', `${name}.md`);
    run(name, [join(import.meta.dirname, script), ...args, '--out', out]);
  }
}

function run(name: string, args: readonly string[]): void {
  console.log(`— ${name}`);
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) process.exitCode = 1;
}
