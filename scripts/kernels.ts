/** Compiles src/kernels/assembly/ (AssemblyScript) to WebAssembly, and writes it where the worker finds it. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = join(import.meta.dirname, '..');
const SOURCE = join(root, 'src/kernels/assembly');
const ASC = join(root, 'node_modules/assemblyscript/bin/asc.js');
const TARGET = join(root, 'src/kernels/lanes/compiled.ts');
/** A gigabyte for each thread, of which only what is used becomes real. */
const MEMORY = ['--importMemory', '--sharedMemory', '--initialMemory', '2', '--maximumMemory', '16384'];
// -O3 makes one loop again out of those that are written for each dtype.
const OPTIONS = ['-O2', '--noAssert', '--runtime', 'stub', ...MEMORY];

/** @param fused with relaxed SIMD, whose multiply-add rounds once where the processor can */
async function compile(fused: boolean): Promise<string> {
  const features = fused ? 'simd,threads,relaxed-simd' : 'simd,threads';
  const folder = await mkdtemp(join(tmpdir(), 'portllm-kernels-'));
  try {
    const file = join(folder, 'out.wasm');
    const args = ['index.ts', ...OPTIONS, '--enable', features, '--use', `FUSED=${fused ? 1 : 0}`, '--outFile', file];
    // Its types declare globals of their own (Array.at), so it is not imported.
    const run = spawnSync(process.execPath, [ASC, ...args, '--baseDir', SOURCE], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
    return (await readFile(file)).toString('base64');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The generated source. */
export async function compiledKernels(): Promise<string> {
  const text = `// Made from src/kernels/assembly/ by scripts/kernels.ts; WebAssembly in base64.
export const FUSED = '${await compile(true)}';
export const SEPARATE = '${await compile(false)}';
`;
  return format(text, { ...(await resolveConfig(TARGET)), parser: 'typescript' });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeFile(TARGET, await compiledKernels());
