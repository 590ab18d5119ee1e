/** Sums and squares of four float32. */

// @ts-ignore: decorator
@inline
export function square(values: v128): v128 {
  return f32x4.mul(values, values);
}

// @ts-ignore: decorator
@inline
export function total(v: v128): f64 {
  return (
    <f64>f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (<f64>f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** (after − before − change)² of four, which float32 itself cannot tell: in float64, two by two. */
// @ts-ignore: decorator
@inline
export function lostSquares(after: v128, before: v128, change: v128): v128 {
  const low = lostLow(after, before, change);
  const high = lostLow(upper(after), upper(before), upper(change));
  return f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high));
}

// @ts-ignore: decorator
@inline
function lostLow(after: v128, before: v128, change: v128): v128 {
  const kept = f64x2.sub(f64x2.promote_low_f32x4(after), f64x2.promote_low_f32x4(before));
  return f64x2.sub(kept, f64x2.promote_low_f32x4(change));
}

// @ts-ignore: decorator
@inline
function upper(values: v128): v128 {
  return v128.shuffle<i64>(values, values, 1, 0);
}
