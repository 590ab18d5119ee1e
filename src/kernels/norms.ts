import { kernelMemory, loadKernels, type KernelModule } from './lanes/module.ts';
import type { ProductShape } from './lowRank.ts';

/** Σ x², accumulated in float64. */
export function sumOfSquares(values: Float32Array | Float64Array): number {
  let sum = 0;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator over a typed array is some ten times slower
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) * (values[i] ?? 0);
  return sum;
}

/**
 * ‖left @ right‖_F without building the product: √tr((leftᵀleft)(right rightᵀ)), float64, O(rank²·(rows + columns)), in
 * src/kernels/assembly/gram.ts. Rounding can make the trace of a zero product slightly negative; that is zero.
 */
export function productNorm(left: Float32Array, right: Float32Array, { rows, rank, columns }: ProductShape): number {
  const { memory, kernels } = (loaded ??= load());
  const begin = Math.ceil(kernels.freeFrom() / 16) * 16;
  const rightAt = begin + 16 * Math.ceil((4 * left.length) / 16);
  const space = rightAt + 16 * Math.ceil((4 * right.length) / 16);
  const end = space + 8 * (2 * rank * rank + 64 * rank + 2);
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  new Float32Array(memory.buffer, begin, left.length).set(left);
  new Float32Array(memory.buffer, rightAt, right.length).set(right);
  return Math.sqrt(Math.max(0, kernels.productSquares(begin, rightAt, rows, rank, columns, space)));
}

const PAGE_BYTES = 1 << 16;
let loaded: { readonly memory: WebAssembly.Memory; readonly kernels: KernelModule } | undefined;

function load(): NonNullable<typeof loaded> {
  const memory = kernelMemory();
  return { memory, kernels: loadKernels(memory) };
}
