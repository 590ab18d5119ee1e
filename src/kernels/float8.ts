/** Largest finite number of F8_E4M3 (OCP "FN": no infinity, NaN is 0x7F and 0xFF). */
export const FLOAT8_MAX = 448;

const LEAST = 2 ** -9;
const LEAST_NORMAL = 2 ** -6;
let table: Float32Array | undefined;

/** F8_E4M3 bytes as float32, exactly. */
export function widenFloat8(bytes: Uint8Array, target: Float32Array): void {
  table ??= Float32Array.from({ length: 256 }, (_, code) => decode(code));
  for (let i = 0; i < bytes.length; i++) target[i] = table[bytes[i] ?? 0] ?? NaN;
}

function decode(code: number): number {
  const [sign, exponent, mantissa] = [code & 0x80 ? -1 : 1, (code >> 3) & 15, code & 7];
  if (exponent === 15 && mantissa === 7) return NaN;
  if (exponent === 0) return sign * mantissa * LEAST;
  return sign * (1 + mantissa / 8) * 2 ** (exponent - 7);
}

/** float32 to F8_E4M3: to nearest, ties to even; beyond the largest number to that. */
export function narrowFloat8(source: Float32Array, bytes: Uint8Array): void {
  for (let i = 0; i < source.length; i++) bytes[i] = encode(source[i] ?? 0);
}

function encode(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x80 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return sign | 0x7f;
  // Below the normal numbers the codes count the least one; the first normal follows on.
  if (size < LEAST_NORMAL) return sign | roundToEven(size / LEAST);
  const exponent = Math.min(8, Math.floor(Math.log2(size)));
  const code = ((exponent + 7) << 3) + roundToEven((size / 2 ** exponent - 1) * 8);
  return sign | Math.min(code, 0x7e);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
