/** As the host numbers them. */
export const BF16: i32 = 0;
export const F16: i32 = 1;
export const F32: i32 = 2;

/** The first of two or four elements, widened to float32. Exact. */
// @ts-ignore: decorator
@inline
export function widen(source: usize, dtype: i32): v128 {
  if (dtype == F32) return v128.load32_zero(source);
  return widenBits(v128.load16_splat(source), dtype);
}

/** The first four of eight 16-bit elements, or four of float32. */
// @ts-ignore: decorator
@inline
export function widenLow(bits: v128, dtype: i32): v128 {
  return dtype == F32 ? bits : widenBits(i32x4.extend_low_i16x8_u(bits), dtype);
}

// @ts-ignore: decorator
@inline
export function widenHigh(bits: v128, dtype: i32): v128 {
  return widenBits(i32x4.extend_high_i16x8_u(bits), dtype);
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
  if (dtype == BF16) return v128.bitselect(v128.or(upper, i32x4.splat(0x40)), narrowFinite(values, dtype), isNan);
  const sign = v128.and(upper, i32x4.splat(0x8000));
  const payload = v128.and(i32x4.shr_u(values, 13), i32x4.splat(0x3ff));
  return v128.bitselect(v128.or(v128.or(sign, payload), i32x4.splat(0x7e00)), narrowFinite(values, dtype), isNan);
}

/** Likewise of what is no NaN. */
// @ts-ignore: decorator
@inline
export function narrowFinite(values: v128, dtype: i32): v128 {
  if (dtype == F32) return values;
  return dtype == BF16 ? toBfloat(values) : toHalf(values);
}

// @ts-ignore: decorator
@inline
function toBfloat(values: v128): v128 {
  const odd = v128.and(i32x4.shr_u(values, 16), i32x4.splat(1));
  return i32x4.shr_u(i32x4.add(i32x4.add(values, odd), i32x4.splat(0x7fff)), 16);
}

/** Below the smallest normal half, the sum with 0.5 rounds to the half's spacing. */
// @ts-ignore: decorator
@inline
function toHalf(values: v128): v128 {
  const magnitude = v128.and(values, i32x4.splat(0x7fffffff));
  const sign = i32x4.shr_u(v128.xor(values, magnitude), 16);
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, odd), i32x4.splat(((15 - 127) << 23) + 0xfff)), 13);
  const subnormal = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  const half = v128.bitselect(subnormal, normal, i32x4.lt_s(magnitude, i32x4.splat(0x38800000)));
  return v128.or(i32x4.min_s(half, i32x4.splat(0x7c00)), sign);
}

/** Eight 16-bit elements from two times four. */
// @ts-ignore: decorator
@inline
export function pack(low: v128, high: v128): v128 {
  return i16x8.narrow_i32x4_u(low, high);
}
