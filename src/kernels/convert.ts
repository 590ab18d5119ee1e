import type { FloatDtype } from '../safetensors/dtypes.ts';

/**
 * Between the bytes of a file (little-endian, of any alignment) and float32.
 * Widening is exact; narrowing rounds once, to nearest, ties to even, overflow to infinity, as torch does.
 */
export function widen(bytes: Uint8Array, dtype: FloatDtype, target: Float32Array): void {
  if (dtype === 'F32') {
    new Uint8Array(target.buffer, target.byteOffset, bytes.length).set(bytes);
    return;
  }
  const halves = aligned16(bytes);
  const bits = new Uint32Array(target.buffer, target.byteOffset, halves.length);
  if (dtype === 'BF16') for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] ?? 0) << 16;
  else {
    const table = halfTable();
    for (let i = 0; i < halves.length; i++) bits[i] = table[halves[i] ?? 0] ?? 0;
  }
}

/** Writes `source` into `bytes` (2 or 4 bytes an element) in the given dtype. */
export function narrow(source: Float32Array, dtype: FloatDtype, bytes: Uint8Array): void {
  if (dtype === 'F32') {
    bytes.set(new Uint8Array(source.buffer, source.byteOffset, bytes.length));
    return;
  }
  const inPlace = bytes.byteOffset % 2 === 0;
  const halves = inPlace
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
    : new Uint16Array(bytes.length / 2);
  const bits = new Uint32Array(source.buffer, source.byteOffset, halves.length);
  if (dtype === 'BF16') for (let i = 0; i < halves.length; i++) halves[i] = bfloat16(bits[i] ?? 0);
  else for (let i = 0; i < halves.length; i++) halves[i] = float16(bits[i] ?? 0);
  if (!inPlace) bytes.set(new Uint8Array(halves.buffer));
}

function aligned16(bytes: Uint8Array): Uint16Array {
  const source = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint16Array(source.buffer, source.byteOffset, source.length / 2);
}

/** Float32 bits → bfloat16 bits. NaN keeps its upper payload and stays a NaN. */
function bfloat16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Float32 bits → IEEE half bits. */
function float16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // ≥ 65520 rounds to infinity
  if (magnitude >= 0x38800000) {
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  if (magnitude < 0x33000000) return sign; // below half of the smallest subnormal
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

let table: Uint32Array | undefined;

/** All 65,536 half values as float32 bits. */
function halfTable(): Uint32Array {
  table ??= Uint32Array.from({ length: 65536 }, (_, half) => widenHalf(half));
  return table;
}

function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (mantissa << 13)) >>> 0;
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  const value = new Uint32Array(new Float32Array([mantissa * 2 ** -24]).buffer)[0] ?? 0;
  return (sign | value) >>> 0;
}
