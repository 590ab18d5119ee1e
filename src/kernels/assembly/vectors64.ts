/** Inner loops of the dense algebra, on vectors of float64; see src/kernels/linalg/vectors.ts. */

/** xᵀy */
export function dot64(x: usize, y: usize, length: i32): f64 {
  const end = x + (<usize>(length & ~3) << 3);
  let even = f64x2.splat(0), odd = even;
  for (; x < end; x += 32, y += 32) {
    even = f64x2.add(even, f64x2.mul(v128.load(x), v128.load(y)));
    odd = f64x2.add(odd, f64x2.mul(v128.load(x, 16), v128.load(y, 16)));
  }
  let sum = ofBoth(f64x2.add(even, odd));
  for (let i = length & ~3; i < length; i++, x += 8, y += 8) sum += load<f64>(x) * load<f64>(y);
  return sum;
}

/** out[0 … 3] = the products of p, q, r and s with x. */
export function dotFour64(x: usize, p: usize, q: usize, r: usize, s: usize, length: i32, out: usize): void {
  const none = f64x2.splat(0);
  let a = none, b = none, c = none, d = none;
  const whole = <usize>(length & ~1) << 3;
  for (let i: usize = 0; i < whole; i += 16) {
    const value = v128.load(x + i);
    a = f64x2.add(a, f64x2.mul(value, v128.load(p + i)));
    b = f64x2.add(b, f64x2.mul(value, v128.load(q + i)));
    c = f64x2.add(c, f64x2.mul(value, v128.load(r + i)));
    d = f64x2.add(d, f64x2.mul(value, v128.load(s + i)));
  }
  const last = (length & 1) == 0 ? 0 : load<f64>(x + whole);
  store<f64>(out, ofBoth(a) + lastOf(p, whole, last, length));
  store<f64>(out, ofBoth(b) + lastOf(q, whole, last, length), 8);
  store<f64>(out, ofBoth(c) + lastOf(r, whole, last, length), 16);
  store<f64>(out, ofBoth(d) + lastOf(s, whole, last, length), 24);
}

// @ts-ignore: decorator
@inline
function lastOf(at: usize, whole: usize, last: f64, length: i32): f64 {
  return (length & 1) == 0 ? 0 : last * load<f64>(at + whole);
}

/** x += a p + b q + c r + d s */
export function addFour64(
  x: usize,
  p: usize,
  q: usize,
  r: usize,
  s: usize,
  length: i32,
  a: f64,
  b: f64,
  c: f64,
  d: f64,
): void {
  const a2 = f64x2.splat(a), b2 = f64x2.splat(b), c2 = f64x2.splat(c), d2 = f64x2.splat(d);
  const whole = <usize>(length & ~1) << 3;
  for (let i: usize = 0; i < whole; i += 16) {
    const first = f64x2.add(f64x2.mul(a2, v128.load(p + i)), f64x2.mul(b2, v128.load(q + i)));
    const second = f64x2.add(f64x2.mul(c2, v128.load(r + i)), f64x2.mul(d2, v128.load(s + i)));
    v128.store(x + i, f64x2.add(f64x2.add(v128.load(x + i), first), second));
  }
  if ((length & 1) == 0) return;
  const first = a * load<f64>(p + whole) + b * load<f64>(q + whole);
  const second = c * load<f64>(r + whole) + d * load<f64>(s + whole);
  store<f64>(x + whole, load<f64>(x + whole) + first + second);
}

// @ts-ignore: decorator
@inline
function ofBoth(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}
