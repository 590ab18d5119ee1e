import type { Dtype } from '../safetensors/dtypes.ts';
import { widen } from './convert.ts';
import { widenFloat8 } from './float8.ts';

type Numbers = ArrayLike<number>;

/** The values of all bit patterns of a dtype that has at most 65,536, as they are stored; undefined for any other. */
export function valuesOfPatterns(dtype: Dtype): Numbers | undefined {
  switch (dtype) {
    case 'BF16':
    case 'F16': {
      const values = new Float32Array(1 << 16);
      widen(new Uint8Array(Uint16Array.from(values.keys()).buffer), dtype, values);
      return values;
    }
    case 'F8_E5M2': {
      // A half without the lower byte of its mantissa.
      const values = new Float32Array(1 << 8);
      widen(new Uint8Array(Uint16Array.from(values.keys(), (code) => code << 8).buffer), 'F16', values);
      return values;
    }
    case 'F8_E4M3': {
      const values = new Float32Array(1 << 8);
      widenFloat8(Uint8Array.from(values.keys()), values);
      return values;
    }
    case 'BOOL':
    case 'U8':
      return Uint8Array.from({ length: 1 << 8 }, (_, code) => code);
    case 'I8':
      return Int8Array.from({ length: 1 << 8 }, (_, code) => code);
    case 'U16':
      return Uint16Array.from({ length: 1 << 16 }, (_, code) => code);
    case 'I16':
      return Int16Array.from({ length: 1 << 16 }, (_, code) => code);
    default:
      return undefined;
  }
}

/** How often each bit pattern occurs is added to `counts`; bytes of whole elements. */
export function countPatterns(bytes: Uint8Array, counts: Float64Array): void {
  const patterns = counts.length > 1 << 8 ? new Uint16Array(...aligned(bytes, 2)) : bytes;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator over a typed array is some ten times slower
  for (let i = 0; i < patterns.length; i++) {
    const pattern = patterns[i] ?? 0;
    counts[pattern] = (counts[pattern] ?? 0) + 1;
  }
}

/** The values of whole elements of a wider dtype; 64-bit integers to the nearest float64. Undefined for what is not known. */
export function wideValues(bytes: Uint8Array, dtype: Dtype): Numbers | undefined {
  switch (dtype) {
    case 'F32':
      return new Float32Array(...aligned(bytes, 4));
    case 'I32':
      return new Int32Array(...aligned(bytes, 4));
    case 'U32':
      return new Uint32Array(...aligned(bytes, 4));
    case 'F64':
      return new Float64Array(...aligned(bytes, 8));
    case 'I64':
      return Float64Array.from(new BigInt64Array(...aligned(bytes, 8)), Number);
    case 'U64':
      return Float64Array.from(new BigUint64Array(...aligned(bytes, 8)), Number);
    default:
      return undefined;
  }
}

/** Of a typed array over these bytes. */
function aligned(bytes: Uint8Array, size: number): [buffer: ArrayBufferLike, offset: number, length: number] {
  const source = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return [source.buffer, source.byteOffset, source.length / size];
}
