/** Compiles src/kernels/assembly/ (AssemblyScript) to WebAssembly, and writes it where the worker finds it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';
import { format, resolveConfig } from 'prettier';

const root = join(import.meta.dirname, '..');
const TARGET = join(root, 'src/kernels/lanes/compiled.ts');
/** A gigabyte for each thread, of which only what is used becomes real. */
const MEMORY = ['--importMemory', '--sharedMemory', '--initialMemory', '2', '--maximumMemory', '16384'];
const OPTIONS = ['-O3', '--noAssert', '--runtime', 'stub', ...MEMORY];

/** @param fused with relaxed SIMD, whose multiply-add rounds once where the processor can */
async function compile(fused: boolean): Promise<string> {
  const features = fused ? 'simd,threads,relaxed-simd' : 'simd,threads';
  const args = [
    'index.ts',
    ...OPTIONS,
    '--enable',
    features,
    '--use',
    `FUSED=${fused ? 1 : 0}`,
    '--outFile',
    'out.wasm',
  ];
  const written = new Map<string, Uint8Array | string>();
  const { error, stderr } = await asc.main([...args, '--baseDir', join(root, 'src/kernels/assembly')], {
    writeFile: (name, contents) => void written.set(name, contents),
  });
  if (error) throw new Error(stderr.toString(), { cause: error });
  return Buffer.from(written.get('out.wasm') ?? '').toString('base64');
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
