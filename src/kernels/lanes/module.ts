import type { FloatDtype } from '../../safetensors/dtypes.ts';
import { FUSED, SEPARATE } from './compiled.ts';

/**
 * How a step of a product's sum rounds: multiply and add together once, or each for itself. Which of the two is the
 * processor's and the engine's (relaxed SIMD leaves it open); either gives the same bits wherever it is used.
 */
export type Arithmetic = 'fused' | 'separate';

/** The exports of src/kernels/assembly/index.ts; numbers are addresses, counts, and dtypes as there. */
export interface KernelModule {
  readonly patchTile: (
    target: number,
    source: number,
    dtype: number,
    left: number,
    right: number,
    rows: number,
    rank: number,
    columns: number,
    scale: number,
  ) => void;
  readonly productTile: (
    target: number,
    left: number,
    right: number,
    rows: number,
    rank: number,
    columns: number,
    scale: number,
  ) => void;
  readonly addTile: (target: number, source: number, dtype: number, delta: number, count: number) => void;
  /** ‖left @ right‖² */
  readonly productSquares: (
    left: number,
    right: number,
    rows: number,
    rank: number,
    columns: number,
    space: number,
  ) => number;
  /** On vectors of float64. */
  readonly dot64: (x: number, y: number, length: number) => number;
  readonly dotFour64: (x: number, p: number, q: number, r: number, s: number, length: number, out: number) => void;
  readonly addFour64: (
    x: number,
    p: number,
    q: number,
    r: number,
    s: number,
    length: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ) => void;
  readonly beginHash: () => void;
  readonly updateHash: (at: number, bytes: number) => void;
  /** XXH64, as a signed 64-bit integer. */
  readonly digestHash: () => bigint;
  /** Whether both stretches hold the same bytes: 1 or 0. */
  readonly same: (a: number, b: number, bytes: number) => number;
  readonly figuresTile: (
    now: number,
    dtype: number,
    then: number,
    thenDtype: number,
    left: number,
    right: number,
    rows: number,
    rank: number,
    columns: number,
    scale: number,
  ) => void;
  readonly clearFigures: () => void;
  readonly figuresAt: () => number;
  readonly binsAt: () => number;
  readonly swallowed16At: () => number;
  readonly swallowed32At: () => number;
  readonly sumsAt: () => number;
  readonly freeFrom: () => number;
}

/** As src/kernels/assembly/convert.ts numbers them. */
export const DTYPE_NUMBERS: Readonly<Record<FloatDtype, number>> = { BF16: 0, F16: 1, F32: 2 };

/** As the modules were compiled to import it (scripts/kernels.ts): 128 KB, and a gigabyte at most. */
export function kernelMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 2, maximum: 16_384, shared: true });
}

const compiled = new Map<Arithmetic, object>();

/** A WebAssembly module, compiled once in each process; threads get it as it is. */
export function compileKernels(arithmetic = machineArithmetic()): object {
  const module = compiled.get(arithmetic) ?? new WebAssembly.Module(bytesOf(arithmetic === 'fused' ? FUSED : SEPARATE));
  compiled.set(arithmetic, module);
  return module;
}

export function loadKernels(memory: WebAssembly.Memory, module = compileKernels()): KernelModule {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as KernelModule;
}

let known: Arithmetic | undefined;

/** What this machine does: found out by a product that comes out differently. */
export function machineArithmetic(): Arithmetic {
  return (known ??= WebAssembly.validate(bytesOf(FUSED)) && fuses() ? 'fused' : 'separate');
}

/** −1 + (1 + 2⁻¹²)² is 2⁻¹¹ + 2⁻²⁴ if it is rounded once, and 2⁻¹¹ if the square is rounded first. */
function fuses(): boolean {
  const memory = kernelMemory();
  const { patchTile, freeFrom } = loadKernels(memory, compileKernels('fused'));
  const at = freeFrom();
  const [target, source, left, right] = [at, at + 16, at + 32, at + 48];
  const factor = 1 + 2 ** -12;
  new Float32Array(memory.buffer, left, 2).set([-1, factor]);
  new Float32Array(memory.buffer, right, 2).set([1, factor]);
  patchTile(target, source, DTYPE_NUMBERS.F32, left, right, 1, 2, 1, 1);
  return new Float32Array(memory.buffer, target, 1)[0] !== 2 ** -11;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}
