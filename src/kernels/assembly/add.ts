import { BF16, bitsOf, F16, F32, narrow, pack, raise, valueOf, widen, widenBits, widenHigh, widenLow } from './convert';
import { LEAST_DELTA, LEAST_WEIGHT, roundingOf, square, total } from './vectors';

/** Sums over the elements of a tensor, float64. */
// @ts-ignore: decorator
@unmanaged
export class Sums {
  /** Σ Δ² */
  delta: f64;
  /** Σ W², of the weights before. */
  weight: f64;
  /** Σ (W' − W − Δ)² */
  rounding: f64;
  /** Elements that Δ ≠ 0 left as they were. */
  absorbed: f64;
  /** Elements that were finite and are not any more. */
  overflowed: f64;
  /** Elements with Δ ≠ 0. */
  touched: f64;
}

/** Of this many elements the squares are summed in float32. */
export const SPAN: i32 = 512;
/** Below it no square of a span has left float32's range. */
const MOST: f64 = 1e30;
/** Below it no half of a span is infinite or NaN, and none becomes so: 65,504² / 2. */
const MOST_OF_HALVES: f64 = 2_145_387_008;

/** target ← round(W + Δ) of at most SPAN elements, one rounding to float32 and one to the dtype; where Δ is zero the bits of W. */
export function addSpan(target: usize, source: usize, delta: usize, count: i32, dtype: i32, sums: Sums): void {
  if (dtype == BF16) addSpanOf(target, source, delta, count, BF16, 2, sums);
  else if (dtype == F16) addSpanOf(target, source, delta, count, F16, 2, sums);
  else addSpanOf(target, source, delta, count, F32, 4, sums);
}

// @ts-ignore: decorator
@inline
function addSpanOf(target: usize, source: usize, delta: usize, count: i32, dtype: i32, size: usize, sums: Sums): void {
  const whole = count & ~7;
  let done = 0;
  if (addFast(target, source, delta, whole, dtype, size, sums)) done = whole;
  addCarefully(target + <usize>done * size, source + <usize>done * size, delta + 4 * <usize>done, count - done, dtype, size, sums);
}

/** Eight elements at a time, taking all of them for finite. @returns false if they were not, or sums left float32's range */
// @ts-ignore: decorator
@inline
function addFast(target: usize, source: usize, delta: usize, count: i32, dtype: i32, size: usize, sums: Sums): bool {
  const none = f32x4.splat(0);
  let squares = none, weight = none, rounding = none, kept = none, untouched = none;
  for (const end = delta + (<usize>count << 2); delta < end; delta += 32, source += 8 * size, target += 8 * size) {
    const halves = v128.load(source);
    const before0 = widenLow(halves, dtype);
    const before1 = dtype == F32 ? v128.load(source, 16) : widenHigh(halves, dtype);
    const change0 = v128.load(delta);
    const change1 = v128.load(delta, 16);
    const still0 = f32x4.eq(change0, none);
    const still1 = f32x4.eq(change1, none);
    // x + (−0) is x, also where x is −0.
    const raised0 = raise(f32x4.add(before0, v128.or(change0, i32x4.shl(still0, 31))), dtype);
    const raised1 = raise(f32x4.add(before1, v128.or(change1, i32x4.shl(still1, 31))), dtype);
    if (dtype == F32) {
      v128.store(target, raised0);
      v128.store(target, raised1, 16);
    } else v128.store(target, pack(bitsOf(raised0, dtype), bitsOf(raised1, dtype)));
    const after0 = valueOf(raised0, dtype);
    const after1 = valueOf(raised1, dtype);
    kept = i32x4.add(kept, i32x4.add(f32x4.eq(after0, before0), f32x4.eq(after1, before1)));
    untouched = i32x4.add(untouched, i32x4.add(still0, still1));
    squares = f32x4.add(squares, f32x4.add(square(change0), square(change1)));
    weight = f32x4.add(weight, f32x4.add(square(before0), square(before1)));
    const lost0 = lostOf(after0, before0, change0, dtype);
    const lost1 = lostOf(after1, before1, change1, dtype);
    rounding = f32x4.add(rounding, f32x4.add(square(lost0), square(lost1)));
  }
  const ofDelta = total(squares);
  const ofWeight = total(weight);
  const ofRounding = total(rounding);
  const touched = count + totalOf(untouched);
  if (touched > 0 && !(ofDelta > LEAST_DELTA)) return false;
  if (!(ofWeight > LEAST_WEIGHT && ofDelta + ofWeight + ofRounding < (dtype == F16 ? MOST_OF_HALVES : MOST))) return false;
  sums.delta += ofDelta;
  sums.weight += ofWeight;
  sums.rounding += ofRounding;
  sums.absorbed += <f64>(totalOf(untouched) - totalOf(kept));
  sums.touched += <f64>touched;
  return true;
}

/** W' − W − Δ, or its negative; of float32, whose rounding a plain difference does not tell, exactly. */
// @ts-ignore: decorator
@inline
function lostOf(after: v128, before: v128, change: v128, dtype: i32): v128 {
  if (dtype == F32) return roundingOf(after, before, change);
  return f32x4.sub(f32x4.sub(after, before), change);
}

/** One by one, whatever they are. */
// @ts-ignore: decorator
@inline
function addCarefully(target: usize, source: usize, delta: usize, count: i32, dtype: i32, size: usize, sums: Sums): void {
  for (let i = 0; i < count; i++, source += size, target += size, delta += 4) {
    const before = f32x4.extract_lane(widen(source, dtype), 0);
    const change = load<f32>(delta);
    sums.weight += <f64>before * <f64>before;
    sums.delta += <f64>change * <f64>change;
    if (change == 0) {
      memory.copy(target, source, size);
      if (before != before) sums.rounding = NaN;
      continue;
    }
    const bits = narrow(f32x4.splat(before + change), dtype);
    if (dtype == F32) store<u32>(target, i32x4.extract_lane(bits, 0));
    else store<u16>(target, <u16>i32x4.extract_lane(bits, 0));
    const after = f32x4.extract_lane(widenBits(bits, dtype), 0);
    const lost = <f64>after - <f64>before - <f64>change;
    sums.rounding += lost * lost;
    sums.touched += 1;
    if (after == before) sums.absorbed += 1;
    if (isFinite(before) && !isFinite(after)) sums.overflowed += 1;
  }
}

// @ts-ignore: decorator
@inline
function totalOf(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}
