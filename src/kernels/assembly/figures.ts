/** What a diagnosis sums up over the elements of a tensor, beside a Δ that is made block by block. */
import { constant, EXPONENT_NUMBER, LEAST_EXACT, MAGNITUDE, ONE, SECOND_COUNT } from './constants';
import { BF16, F16, F32, narrow, raise, sizeOf, valueOf, widen, widenBits, widenHigh, widenLow } from './convert';
import { BLOCK_COLUMNS } from './product';
import { LEAST_DELTA, LEAST_WEIGHT, roundingOf, square, total } from './vectors';

/** float64, but for the counts. */
// @ts-ignore: decorator
@unmanaged
export class Figures {
  /** Σ Δ² */
  delta: f64;
  /** Σ W'² */
  weight: f64;
  /** Σ W² */
  oldWeight: f64;
  /** Σ S², S = W' − W */
  evolution: f64;
  /** Σ ΔS */
  deltaEvolution: f64;
  /** Σ W'W */
  weights: f64;
  /** Σ (round(W' + Δ) − round(W') − Δ)² as BF16, F16 and F32. */
  lost0: f64;
  lost1: f64;
  lost2: f64;
}

/** For each exponent of Δ: in the lower half how often it occurs (Δ ≠ 0), in the upper how often BF16 swallows it. */
const bins = memory.data(256 * 8, 16);
/** Of the elements since the last flush, the same in 16 bits each; a table for each of four neighbours, so that none waits. */
const recent = memory.data(4 * 256 * 4, 16);
const TABLE: usize = 256 * 4;
/** No table counts past 16 bits before. */
const FLUSH_AFTER: i32 = 1 << 17;
let sinceFlush: i32 = 0;
/** How often F16 swallows it, and F32. */
const swallowed16 = memory.data(256 * 4, 16);
const swallowed32 = memory.data(256 * 4, 16);

/** A span as float32. */
const nowSpan = memory.data(4 * BLOCK_COLUMNS, 16);
const thenSpan = memory.data(4 * BLOCK_COLUMNS, 16);

/** Below it no weight of a span has left half precision's range: 32,752², so that no sum of a weight and Δ has either. */
const MOST: f64 = 1_072_693_504;

export function binsAt(): usize {
  return bins;
}

export function swallowed16At(): usize {
  return swallowed16;
}

export function swallowed32At(): usize {
  return swallowed32;
}

export function clearBins(): void {
  memory.fill(bins, 0, 256 * 8);
  memory.fill(recent, 0, 4 * TABLE);
  sinceFlush = 0;
  memory.fill(swallowed16, 0, 256 * 4);
  memory.fill(swallowed32, 0, 256 * 4);
}

/**
 * At most BLOCK_COLUMNS elements.
 *
 * @param delta float32
 * @param now W' in `dtype`
 * @param then W in `thenDtype`; 0 if nothing is known of it
 */
export function figuresOfSpan(
  delta: usize,
  now: usize,
  then: usize,
  count: i32,
  dtype: i32,
  thenDtype: i32,
  figures: Figures,
): void {
  const whole = count & ~7;
  let done: usize = 0;
  const nowFloats = floatsOf(now, whole, dtype, nowSpan);
  const thenFloats = then == 0 ? <usize>0 : floatsOf(then, whole, thenDtype, thenSpan);
  if (whole > 0 && addSums(delta, nowFloats, thenFloats, whole, figures)) {
    done = <usize>whole;
    if (dtype == BF16) roundings(delta, nowFloats, whole, BF16, figures);
    else if (dtype == F16) roundings(delta, nowFloats, whole, F16, figures);
    else roundings(delta, nowFloats, whole, F32, figures);
  }
  const before = then == 0 ? <usize>0 : then + done * sizeOf(thenDtype);
  carefully(delta + 4 * done, now + done * sizeOf(dtype), before, count - <i32>done, dtype, thenDtype, figures);
}

/** As float32, of halves as widenLow has it. @returns where they are: in `space`, but for those that are float32 */
function floatsOf(source: usize, count: i32, dtype: i32, space: usize): usize {
  if (dtype == BF16) widenSpan(source, count, BF16, space);
  else if (dtype == F16) widenSpan(source, count, F16, space);
  else return source;
  return space;
}

// @ts-ignore: decorator
@inline
function widenSpan(source: usize, count: i32, dtype: i32, target: usize): void {
  for (const end = source + (<usize>count << 1); source < end; source += 16, target += 32) {
    const bits = v128.load(source);
    v128.store(target, widenLow(bits, dtype));
    v128.store(target, widenHigh(bits, dtype), 16);
  }
}

/**
 * The sums of a span, in float32, taking all for finite.
 *
 * @param then 0 if nothing is known of it
 * @returns false, and has added nothing, if they were not, or have left what float32 holds
 */
function addSums(delta: usize, now: usize, then: usize, count: i32, figures: Figures): bool {
  const none = f32x4.splat(0);
  let any = none, ofDelta = none, weight = none, oldWeight = none, anyMoved = none, evolution = none, cross = none, both = none;
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    const change = v128.load(delta + i);
    const w = v128.load(now + i);
    any = v128.or(any, change);
    ofDelta = f32x4.add(ofDelta, square(change));
    weight = f32x4.add(weight, square(w));
    if (then != 0) {
      const old = v128.load(then + i);
      const moved = f32x4.sub(w, old);
      anyMoved = v128.or(anyMoved, moved);
      oldWeight = f32x4.add(oldWeight, square(old));
      evolution = f32x4.add(evolution, square(moved));
      cross = f32x4.add(cross, f32x4.mul(change, moved));
      both = f32x4.add(both, f32x4.mul(w, old));
    }
  }
  const squares = total(ofDelta);
  const weights = total(weight);
  const old = total(oldWeight);
  const moved = total(evolution);
  if (!isHeld(any, squares) || !isHeld(anyMoved, moved)) return false;
  if (!(weights > LEAST_WEIGHT && squares + weights + old < MOST)) return false;
  if (then != 0 && !(old > LEAST_WEIGHT)) return false;
  figures.delta += squares;
  figures.weight += weights;
  figures.oldWeight += old;
  figures.evolution += moved;
  figures.deltaEvolution += total(cross);
  figures.weights += total(both);
  return true;
}

/** Whether the squares of what has been or-ed together are zero only where all of it is, and have not fallen out of float32. */
// @ts-ignore: decorator
@inline
function isHeld(any: v128, squares: f64): bool {
  return squares > LEAST_DELTA || !v128.any_true(v128.and(any, constant(MAGNITUDE)));
}

/** What the rounding of a span does to Δ, of finite W' as float32. */
// @ts-ignore: decorator
@inline
function roundings(delta: usize, now: usize, count: i32, dtype: i32, figures: Figures): void {
  const none = f32x4.splat(0);
  let lost0 = none, lost1 = none, lost2 = none;
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    const change = v128.load(delta + i);
    const w = v128.load(now + i);
    const sum = f32x4.add(w, change);
    const touched = f32x4.ne(change, none);
    const kept0 = keptOf(sum, w, dtype, BF16);
    const kept1 = keptOf(sum, w, dtype, F16);
    const kept2 = f32x4.sub(sum, w);
    lost0 = f32x4.add(lost0, square(f32x4.sub(kept0, change)));
    lost1 = f32x4.add(lost1, square(f32x4.sub(kept1, change)));
    lost2 = f32x4.add(lost2, square(roundingOf(sum, w, change)));
    const exponents = v128.and(i32x4.shr_u(change, 23), constant(EXPONENT_NUMBER));
    const gone = v128.and(v128.and(f32x4.eq(kept0, none), touched), constant(SECOND_COUNT));
    const counts = v128.or(v128.and(touched, constant(ONE)), gone);
    bump(recent + 0 * TABLE, i32x4.extract_lane(exponents, 0), i32x4.extract_lane(counts, 0));
    bump(recent + 1 * TABLE, i32x4.extract_lane(exponents, 1), i32x4.extract_lane(counts, 1));
    bump(recent + 2 * TABLE, i32x4.extract_lane(exponents, 2), i32x4.extract_lane(counts, 2));
    bump(recent + 3 * TABLE, i32x4.extract_lane(exponents, 3), i32x4.extract_lane(counts, 3));
    const gone1 = v128.and(f32x4.eq(kept1, none), touched);
    const gone2 = v128.and(f32x4.eq(kept2, none), touched);
    if (v128.any_true(v128.or(gone1, gone2))) {
      swallow(swallowed16, exponents, gone1);
      swallow(swallowed32, exponents, gone2);
    }
  }
  sinceFlush += count;
  if (sinceFlush >= FLUSH_AFTER) flush();
  figures.lost0 += total(lost0);
  figures.lost1 += total(lost1);
  figures.lost2 += total(lost2);
}

/** round(W' + Δ) − round(W') in a dtype; what is stored in it already is not rounded again. */
// @ts-ignore: decorator
@inline
function keptOf(sum: v128, weight: v128, stored: i32, dtype: i32): v128 {
  const before = stored == dtype || (stored == BF16 && dtype == F16 && isExactInHalf(weight)) ? weight : roundedIn(weight, dtype);
  return f32x4.sub(roundedIn(sum, dtype), before);
}

/** Eight bits of bfloat16 fit into a half from 2⁻¹⁷ on: nearly all weights. */
// @ts-ignore: decorator
@inline
function isExactInHalf(weights: v128): bool {
  return !v128.any_true(f32x4.lt(v128.and(weights, constant(MAGNITUDE)), constant(LEAST_EXACT)));
}

/** Rounded to a dtype's values, as float32: of what does not overflow it. */
// @ts-ignore: decorator
@inline
function roundedIn(values: v128, dtype: i32): v128 {
  return valueOf(raise(values, dtype), dtype);
}

// @ts-ignore: decorator
@inline
function bump(table: usize, exponent: i32, count: i32): void {
  const at = table + (<usize>exponent << 2);
  store<u32>(at, load<u32>(at) + count);
}

/** Brings what the tables have counted to where all is counted. */
export function flush(): void {
  for (let exponent: usize = 0; exponent < 256; exponent++) {
    let counted: u64 = 0;
    for (let table: usize = 0; table < 4; table++) {
      const at = recent + table * TABLE + (exponent << 2);
      const both = <u64>load<u32>(at);
      counted += (both & 0xffff) | ((both >> 16) << 32);
      store<u32>(at, 0);
    }
    const at = bins + (exponent << 3);
    store<u64>(at, load<u64>(at) + counted);
  }
  sinceFlush = 0;
}

function swallow(counts: usize, exponents: v128, mask: v128): void {
  if (i32x4.extract_lane(mask, 0)) increase(counts, i32x4.extract_lane(exponents, 0));
  if (i32x4.extract_lane(mask, 1)) increase(counts, i32x4.extract_lane(exponents, 1));
  if (i32x4.extract_lane(mask, 2)) increase(counts, i32x4.extract_lane(exponents, 2));
  if (i32x4.extract_lane(mask, 3)) increase(counts, i32x4.extract_lane(exponents, 3));
}

// @ts-ignore: decorator
@inline
function increase(counts: usize, exponent: i32): void {
  const at = counts + (<usize>exponent << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** One by one, in float64, whatever they are. */
function carefully(
  delta: usize,
  now: usize,
  then: usize,
  count: i32,
  dtype: i32,
  thenDtype: i32,
  figures: Figures,
): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const change = load<f32>(delta + 4 * i);
    const w = element(now, i, dtype);
    figures.delta += <f64>change * <f64>change;
    figures.weight += <f64>w * <f64>w;
    if (then != 0) {
      const old = element(then, i, thenDtype);
      const moved = <f64>w - <f64>old;
      figures.oldWeight += <f64>old * <f64>old;
      figures.evolution += moved * moved;
      figures.deltaEvolution += <f64>change * moved;
      figures.weights += <f64>w * <f64>old;
    }
    if (change == 0) continue;
    const exponent = (reinterpret<u32>(change) >> 23) & 255;
    const sum = w + change;
    const kept0 = rounded(sum, BF16) - (dtype == BF16 ? <f64>w : rounded(w, BF16));
    const kept1 = rounded(sum, F16) - (dtype == F16 ? <f64>w : rounded(w, F16));
    const kept2 = <f64>sum - <f64>w;
    const at = bins + (<usize>exponent << 3);
    store<u64>(at, load<u64>(at) + (1 | (kept0 == 0 ? <u64>1 << 32 : 0)));
    if (kept1 == 0) increase(swallowed16, exponent);
    if (kept2 == 0) increase(swallowed32, exponent);
    figures.lost0 += (kept0 - <f64>change) * (kept0 - <f64>change);
    figures.lost1 += (kept1 - <f64>change) * (kept1 - <f64>change);
    figures.lost2 += (kept2 - <f64>change) * (kept2 - <f64>change);
  }
}

// @ts-ignore: decorator
@inline
function element(at: usize, i: usize, dtype: i32): f32 {
  return f32x4.extract_lane(widen(at + i * sizeOf(dtype), dtype), 0);
}

// @ts-ignore: decorator
@inline
function rounded(value: f32, dtype: i32): f64 {
  return <f64>f32x4.extract_lane(widenBits(narrow(f32x4.splat(value), dtype), dtype), 0);
}
