/** The compiled kernels and what they compute, in plain JavaScript. */
import {
  compileKernels,
  DTYPE_NUMBERS,
  kernelMemory,
  loadKernels,
  type Arithmetic,
} from '../../src/kernels/lanes/module.ts';
import type { KernelModule } from '../../src/kernels/lanes/module.ts';
import { bytesPerElement, type FloatDtype } from '../../src/safetensors/dtypes.ts';

export interface Product {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly rows: number;
  readonly rank: number;
  readonly columns: number;
  readonly scale: number;
}

/** Σ Δ², W², (W' − W − Δ)², absorbed, overflowed, touched. */
export type Sums = readonly number[];

/** One kernel module with a memory of its own. */
export class Kernels {
  readonly module: KernelModule;
  private readonly memory = kernelMemory();

  constructor(arithmetic: Arithmetic) {
    this.module = loadKernels(this.memory, compileKernels(arithmetic));
    this.memory.grow(64);
  }

  patch(bytes: Uint8Array, dtype: FloatDtype, product: Product): { bytes: Uint8Array; sums: Sums } {
    const { left, right, rows, rank, columns, scale } = product;
    const place = this.place(bytes, left, right);
    const [source = 0, leftAt = 0, rightAt = 0] = place.at;
    const number = DTYPE_NUMBERS[dtype];
    this.module.patchTile(place.end, source, number, leftAt, rightAt, rows, rank, columns, scale);
    return this.result(place.end, bytes.length);
  }

  add(bytes: Uint8Array, dtype: FloatDtype, delta: Float32Array): { bytes: Uint8Array; sums: Sums } {
    const place = this.place(bytes, delta);
    const [source = 0, deltaAt = 0] = place.at;
    this.module.addTile(place.end, source, DTYPE_NUMBERS[dtype], deltaAt, delta.length);
    return this.result(place.end, bytes.length);
  }

  hash(bytes: Uint8Array, cuts: readonly number[] = []): string {
    const { at } = this.place(bytes);
    this.module.beginHash();
    const ends = [...cuts, bytes.length];
    ends.forEach((end, i) => {
      const begin = ends[i - 1] ?? 0;
      this.module.updateHash((at[0] ?? 0) + begin, end - begin);
    });
    return BigInt.asUintN(64, this.module.digestHash()).toString(16).padStart(16, '0');
  }

  same(a: Uint8Array, b: Uint8Array): boolean {
    const [first = 0, second = 0] = this.place(a, b).at;
    return this.module.same(first, second, a.length) === 1;
  }

  private place(...arrays: readonly (Uint8Array | Float32Array)[]): { at: number[]; end: number } {
    let end = this.module.freeFrom();
    const at = arrays.map((array) => {
      const begin = Math.ceil(end / 64) * 64;
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      new Uint8Array(this.memory.buffer, begin, bytes.length).set(bytes);
      end = begin + bytes.length;
      return begin;
    });
    new Float64Array(this.memory.buffer, this.module.sumsAt(), 6).fill(0);
    return { at, end: Math.ceil(end / 64) * 64 };
  }

  private result(at: number, length: number): { bytes: Uint8Array; sums: Sums } {
    const sums = [...new Float64Array(this.memory.buffer, this.module.sumsAt(), 6)];
    return { bytes: new Uint8Array(this.memory.buffer, at, length).slice(), sums };
  }
}

/** scale · left @ right in float32, from the first k to the last, as src/kernels/assembly/product.ts states it. */
export function plainProduct(arithmetic: Arithmetic, product: Product): Float32Array {
  const { left, right, rows, rank, columns, scale } = product;
  const step = arithmetic === 'fused' ? fusedMultiplyAdd : multiplyThenAdd;
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum = step(left[row * rank + k] ?? 0, right[k * columns + column] ?? 0, sum);
    return sum * Math.fround(scale);
  });
}

function multiplyThenAdd(a: number, b: number, sum: number): number {
  return Math.fround(Math.fround(a * b) + sum);
}

/**
 * a · b + sum of three float32, rounded once: the product is exact in float64; the sum is rounded there to odd, so that
 * rounding it again cannot go wrong (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", 2008).
 */
function fusedMultiplyAdd(a: number, b: number, sum: number): number {
  const product = a * b;
  const total = product + sum;
  const part = total - product;
  const error = product - (total - part) + (sum - part);
  if (error === 0 || !Number.isFinite(total)) return Math.fround(total);
  const bits = new BigUint64Array(Float64Array.of(total).buffer);
  if (((bits[0] ?? 0n) & 1n) === 0n) {
    const outwards = error > 0 === total > 0;
    bits[0] = (bits[0] ?? 0n) + (outwards ? 1n : -1n);
  }
  return Math.fround(new Float64Array(bits.buffer)[0] ?? NaN);
}

/** Bit patterns that rounding finds difficult, among ordinary ones; as bytes of the dtype. */
export function difficultWeights(dtype: FloatDtype, count: number, random: () => number): Uint8Array {
  const size = bytesPerElement(dtype);
  const special: Record<FloatDtype, readonly number[]> = {
    BF16: [0, 0x8000, 1, 0x8001, 0x7f, 0x80, 0x7f7f, 0xff7f, 0x7f80, 0xff80, 0x7fc0, 0x7f81, 0xffff, 0x3f80],
    F16: [0, 0x8000, 1, 0x8001, 0x3ff, 0x400, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xffff, 0x3c00],
    F32: [0, 0x80000000, 1, 0x80000001, 0x7fffff, 0x800000, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001],
  };
  const bits = Array.from({ length: count }, () => {
    const pick = special[dtype][Math.floor(random() * 4 * special[dtype].length)];
    return pick ?? Math.floor(random() * 2 ** (8 * size));
  });
  return new Uint8Array(size === 2 ? Uint16Array.from(bits).buffer : Uint32Array.from(bits).buffer);
}
