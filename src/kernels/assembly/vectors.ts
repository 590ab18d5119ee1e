/** Sums and squares of four float32. */

/** Above these, sums of squares over a span tell that none that matters has fallen out of float32's range. */
export const LEAST_DELTA: f64 = 1e-24;
export const LEAST_WEIGHT: f64 = 1e-12;

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

/** What rounding to float32 did to a sum, exactly (Knuth, The Art of Computer Programming 2, section 4.2.2, theorem B). */
// @ts-ignore: decorator
@inline
export function roundingOf(sum: v128, a: v128, b: v128): v128 {
  const part = f32x4.sub(sum, a);
  return f32x4.add(f32x4.sub(a, f32x4.sub(sum, part)), f32x4.sub(b, part));
}
