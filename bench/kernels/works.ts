import { narrow } from '../../src/kernels/convert.ts';
import { DTYPE_NUMBERS, type KernelModule, kernelMemory, loadKernels } from '../../src/kernels/lanes/module.ts';
import type { FloatDtype } from '../../src/safetensors/dtypes.ts';

/** Of every tile, which stays in the processor's cache. */
export const [ROWS, COLUMNS] = [64, 4096];
export const WEIGHTS = ROWS * COLUMNS;

const SIZES: Readonly<Record<FloatDtype, number>> = { BF16: 2, F16: 2, F32: 4 };

/** `hash` and `same` go over two bytes for each weight. */
export type KernelName = `${'patch' | 'add' | 'figures'} ${FloatDtype}` | 'hash' | 'same';

/** One call of each kernel on one tile, as the lanes call it. The same data in every run. */
export function kernelWorks(rank: number): Readonly<Record<KernelName, () => void>> {
  const memory = kernelMemory();
  memory.grow(256);
  const kernels = loadKernels(memory);
  let free = kernels.freeFrom() + 4096;
  const take = (bytes: number): number => {
    free += bytes;
    return free - bytes;
  };
  const values = (count: number, size: number, dtype: FloatDtype = 'F32'): number => {
    const address = take(SIZES[dtype] * count);
    narrow(noise(count, size), dtype, new Uint8Array(memory.buffer, address, SIZES[dtype] * count));
    return address;
  };
  const target = take(4 * WEIGHTS);
  const delta = values(WEIGHTS, 0.001);
  const factors = [values(ROWS * rank, 0.02), values(COLUMNS * rank, 0.02), ROWS, rank, COLUMNS, 2] as const;
  const ofDtype = (dtype: FloatDtype): Record<string, () => void> => {
    const number = DTYPE_NUMBERS[dtype];
    const [now, then] = [values(WEIGHTS, 0.04, dtype), values(WEIGHTS, 0.041, dtype)];
    return {
      [`patch ${dtype}`]: () => kernels.patchTile(target, now, number, ...factors),
      [`add ${dtype}`]: () => kernels.addTile(target, now, number, delta, WEIGHTS),
      [`figures ${dtype}`]: () => kernels.figuresTile(now, number, then, number, ...factors),
    };
  };
  return { ...ofDtype('BF16'), ...ofDtype('F16'), ...ofDtype('F32'), ...ofBytes(kernels, delta) } as Record<
    KernelName,
    () => void
  >;
}

function ofBytes(kernels: KernelModule, at: number): Record<string, () => void> {
  return {
    hash: () => kernels.updateHash(at, 2 * WEIGHTS),
    same: () => void kernels.same(at, at, 2 * WEIGHTS),
  };
}

/** Values between −size/2 and size/2, neither zeros nor all of one kind. */
function noise(count: number, size: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => size * (((i * 7919) % 1021) / 1021 - 0.5));
}
