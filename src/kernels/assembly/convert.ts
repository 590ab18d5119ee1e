import {
  BELOW_HALF_OF_BFLOAT,
  constant,
  EXPONENT,
  HALF_BIAS,
  LAST_BITS,
  LEAST_NORMAL_HALF,
  MAGNITUDE,
  ONE,
  SIGN,
  SIGN_AND_EXPONENT,
  SIGN_AND_HALF,
  SIGN_OF_HALF,
  THIRTEEN_POWERS,
  TWO_TO_112,
  UPPER,
} from './constants';

/** As the host numbers them. */
export const BF16: i32 = 0;
export const F16: i32 = 1;
export const F32: i32 = 2;

/** Bytes of an element. */
export function sizeOf(dtype: i32): usize {
  return dtype == F32 ? 4 : 2;
}

/** The first of two or four elements, widened to float32. Exact. */
// @ts-ignore: decorator
@inline
export function widen(source: usize, dtype: i32): v128 {
  if (dtype == F32) return v128.load32_zero(source);
  return widenBits(v128.load16_splat(source), dtype);
}

/** The first four of eight 16-bit elements, or four of float32; of halves, infinity and NaN become finite, 65,536 and more. */
// @ts-ignore: decorator
@inline
export function widenLow(bits: v128, dtype: i32): v128 {
  if (dtype == F32) return bits;
  if (dtype == BF16) return i32x4.shl(i32x4.extend_low_i16x8_u(bits), 16);
  return widenFiniteHalf(i32x4.extend_low_i16x8_s(bits));
}

// @ts-ignore: decorator
@inline
export function widenHigh(bits: v128, dtype: i32): v128 {
  if (dtype == BF16) return i32x4.shl(i32x4.extend_high_i16x8_u(bits), 16);
  return widenFiniteHalf(i32x4.extend_high_i16x8_s(bits));
}

/** Of sign-extended halves, whose sign is in every bit above the fifteenth. */
// @ts-ignore: decorator
@inline
function widenFiniteHalf(halves: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shl(halves, 13), constant(SIGN_AND_HALF)), constant(TWO_TO_112));
}

/** The dtype's bits, one in each lane, as float32. */
// @ts-ignore: decorator
@inline
export function widenBits(bits: v128, dtype: i32): v128 {
  if (dtype == F32) return bits;
  return dtype == BF16 ? i32x4.shl(bits, 16) : widenHalf(bits);
}

/** The exponent moves by 112, in a product, so that subnormals become normal; that of infinity and NaN to the largest. */
// @ts-ignore: decorator
@inline
function widenHalf(halves: v128): v128 {
  const sign = i32x4.shl(v128.and(halves, i32x4.splat(0x8000)), 16);
  const shifted = i32x4.shl(v128.and(halves, i32x4.splat(0x7fff)), 13);
  const scaled = f32x4.mul(shifted, i32x4.splat((127 + 112) << 23));
  const special = v128.and(i32x4.gt_s(shifted, i32x4.splat(0x0f7fffff)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(scaled, special), sign);
}

/**
 * Four float32 to the dtype's bits, one in each lane: to nearest, ties to even, overflow to infinity. NaN keeps its upper
 * payload and becomes quiet.
 */
// @ts-ignore: decorator
@inline
export function narrow(values: v128, dtype: i32): v128 {
  if (dtype == F32) return values;
  const isNan = f32x4.ne(values, values);
  const upper = i32x4.shr_u(values, 16);
  if (dtype == BF16) return v128.bitselect(v128.or(upper, i32x4.splat(0x40)), bitsOf(raise(values, dtype), dtype), isNan);
  const sign = v128.and(upper, i32x4.splat(0x8000));
  const payload = v128.and(i32x4.shr_u(values, 13), i32x4.splat(0x3ff));
  // 65,536 is where infinity would be, if halves went on.
  const inRange = f32x4.max(f32x4.min(values, f32x4.splat(65536)), f32x4.splat(-65536));
  return v128.bitselect(v128.or(v128.or(sign, payload), i32x4.splat(0x7e00)), bitsOf(raise(inRange, dtype), dtype), isNan);
}

/**
 * Brings four float32 to where a dtype's last bit is the last that counts, rounded to nearest, ties to even: with an integer
 * for BF16; for F16 by adding 2¹³ times the power of two below a value (2⁻¹⁴ at least), whose spacing is the half's. Of what
 * is finite and, for F16, at most 65,536; `bitsOf` and `valueOf` tell what it has become.
 */
// @ts-ignore: decorator
@inline
export function raise(values: v128, dtype: i32): v128 {
  if (dtype == F32) return values;
  if (dtype == BF16) {
    const odd = v128.and(i32x4.shr_u(values, 16), constant(ONE));
    return i32x4.add(i32x4.add(values, odd), constant(BELOW_HALF_OF_BFLOAT));
  }
  const power = i32x4.max_s(v128.and(values, constant(EXPONENT)), constant(LEAST_NORMAL_HALF));
  const above = v128.or(i32x4.add(power, constant(THIRTEEN_POWERS)), v128.and(values, constant(SIGN)));
  return f32x4.add(values, above);
}

/** The rounded values as float32. */
// @ts-ignore: decorator
@inline
export function valueOf(raised: v128, dtype: i32): v128 {
  if (dtype == F32) return raised;
  if (dtype == BF16) return v128.and(raised, constant(UPPER));
  return f32x4.sub(raised, v128.and(raised, constant(SIGN_AND_EXPONENT)));
}

/** The rounded values as the dtype's bits, one in each lane. A half's exponent and the last bits of `raised` add up to it. */
// @ts-ignore: decorator
@inline
export function bitsOf(raised: v128, dtype: i32): v128 {
  if (dtype == F32) return raised;
  if (dtype == BF16) return i32x4.shr_u(raised, 16);
  const power = i32x4.shr_u(i32x4.sub(v128.and(raised, constant(MAGNITUDE)), constant(HALF_BIAS)), 13);
  const half = i32x4.add(power, v128.and(raised, constant(LAST_BITS)));
  return v128.or(half, v128.and(i32x4.shr_u(raised, 16), constant(SIGN_OF_HALF)));
}

/** Eight 16-bit elements from two times four. */
// @ts-ignore: decorator
@inline
export function pack(low: v128, high: v128): v128 {
  return i16x8.narrow_i32x4_u(low, high);
}
