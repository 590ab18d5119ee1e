/**
 * The first thing that `npm start` and `npm test` run, in a clone where nothing is installed and the machine's Node may
 * be old: installs what package-lock.json names, builds, and goes on under the Node 24 that was installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = join(root, 'node_modules', '.bin');
const stamp = join(root, 'node_modules', '.installed');
const [, , command, ...rest] = process.argv;
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, ONNXRUNTIME_NODE_INSTALL: 'skip' };

function run(program, parameters, options = {}) {
  const { status, error } = spawnSync(program, parameters, { cwd: root, env, stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** npm ci takes a minute: once for each state of the lock file. */
function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Installing packages …');
  const npm = process.env.npm_execpath;
  if (npm === undefined) run('npm', ['ci'], { shell: process.platform === 'win32' });
  else run(process.execPath, [npm, 'ci']);
  writeFileSync(stamp, wanted);
}

install();
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
run(node, ['scripts/build.ts']);
run(node, [`scripts/${command}.ts`, ...rest]);
