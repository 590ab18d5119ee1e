/**
 * `npm run package [-- linux-x64 …]`: a VSIX for each platform that ONNX Runtime is built for, in out/vsix. Each holds the
 * native files of its own platform alone (.vscodeignore says what else). Prints their sizes.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createVSIX } from '@vscode/vsce';

const root = join(import.meta.dirname, '..');

/** Without what only development needs: vsce would run its scripts. */
const manifest = {
  ...(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string; version: string }),
  ...{ scripts: undefined, dependencies: undefined, devDependencies: undefined },
};

/** VS Code's names of platforms, and where ONNX Runtime keeps their files. There is no darwin-x64, and none for Alpine. */
export const TARGETS = {
  'linux-x64': 'linux/x64',
  'linux-arm64': 'linux/arm64',
  'win32-x64': 'win32/x64',
  'win32-arm64': 'win32/arm64',
  'darwin-arm64': 'darwin/arm64',
} as const;
export type Target = keyof typeof TARGETS;

/** What .vscodeignore chooses from. */
const SHIPPED = [
  'media',
  'samples',
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'LICENSE',
  'package.nls.json',
  '.vscodeignore',
];
/** A copy under the full version, which nothing refers to: the binding loads libonnxruntime.1.dylib. */
const SECOND_COPY = /^libonnxruntime\.\d+\.\d+\.\d+\.dylib$/;

/** @returns the path of the file */
export async function packageFor(target: Target): Promise<string> {
  const staging = join(root, 'out', 'package', target);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  for (const name of SHIPPED) cpSync(join(root, name), join(staging, name), { recursive: true });
  writeFileSync(join(staging, 'package.json'), JSON.stringify(manifest, null, 2));
  cpSync(built(), join(staging, 'dist'), { recursive: true });
  copyRuntime(join(staging, 'dist', 'node_modules'), target);
  const folder = join(root, 'out', 'vsix');
  mkdirSync(folder, { recursive: true });
  const packagePath = join(folder, `${manifest.name}-${target}-${manifest.version}.vsix`);
  await createVSIX({ cwd: staging, target, packagePath, dependencies: false });
  return packagePath;
}

let dist: string | undefined;

/** The same for all platforms, so made once. */
function built(): string {
  if (dist !== undefined) return dist;
  const folder = join(root, 'out', 'package', 'dist');
  const args = [join(import.meta.dirname, 'build.ts'), '--production', '--outdir', folder];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error('the build failed');
  return (dist = folder);
}

/** Beside the worker, where `require` looks first; vsce takes no other node_modules along. */
function copyRuntime(folder: string, target: Target): void {
  const runtime = join(root, 'node_modules', 'onnxruntime-node');
  const native = join('bin', 'napi-v6', TARGETS[target]);
  copyScripts(runtime, join(folder, 'onnxruntime-node'), 'dist');
  copyScripts(join(root, 'node_modules', 'onnxruntime-common'), join(folder, 'onnxruntime-common'), 'dist/cjs');
  for (const name of readdirSync(join(runtime, native)).filter((file) => !SECOND_COPY.test(file))) {
    const to = join(folder, 'onnxruntime-node', native, name);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(runtime, native, name), to);
  }
}

function copyScripts(from: string, to: string, scripts: string): void {
  mkdirSync(join(to, scripts), { recursive: true });
  cpSync(join(from, 'package.json'), join(to, 'package.json'));
  for (const name of readdirSync(join(from, scripts)).filter((file) => /\.(js|json)$/.test(file)))
    cpSync(join(from, scripts, name), join(to, scripts, name));
}

if (process.argv[1] === import.meta.filename) {
  const asked = process.argv.slice(2);
  for (const target of (asked.length > 0 ? asked : Object.keys(TARGETS)) as Target[]) {
    if (!(target in TARGETS)) throw new Error(`${target}: one of ${Object.keys(TARGETS).join(', ')}`);
    const path = await packageFor(target);
    console.log(`${path}: ${(statSync(path).size / 1e6).toFixed(1)} MB`);
  }
}
