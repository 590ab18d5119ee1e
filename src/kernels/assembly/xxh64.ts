/** XXH64 with seed 0, piece by piece (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, 0.1.1). */

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;
const STRIPE: usize = 32;

/** What is kept between the pieces. */
// @ts-ignore: decorator
@unmanaged
export class Hash {
  a: u64;
  b: u64;
  c: u64;
  d: u64;
  /** Bytes so far. */
  total: u64;
  /** The last of them, which fill no stripe yet: 32 bytes. */
  rest: u64;
  rest1: u64;
  rest2: u64;
  rest3: u64;
}

export function begin(hash: Hash): void {
  hash.a = P1 + P2;
  hash.b = P2;
  hash.c = 0;
  hash.d = 0 - P1;
  hash.total = 0;
}

export function update(hash: Hash, at: usize, bytes: usize): void {
  const rest = changetype<usize>(hash) + offsetof<Hash>('rest');
  const filled = <usize>hash.total & (STRIPE - 1);
  hash.total += bytes;
  if (filled > 0) {
    const taken = min(bytes, STRIPE - filled);
    memory.copy(rest + filled, at, taken);
    if (filled + taken < STRIPE) return;
    stripes(hash, rest, STRIPE);
    at += taken;
    bytes -= taken;
  }
  const whole = bytes & ~(STRIPE - 1);
  stripes(hash, at, whole);
  memory.copy(rest, at + whole, bytes - whole);
}

function stripes(hash: Hash, at: usize, bytes: usize): void {
  let a = hash.a, b = hash.b, c = hash.c, d = hash.d;
  for (const end = at + bytes; at < end; at += STRIPE) {
    a = round(a, load<u64>(at));
    b = round(b, load<u64>(at, 8));
    c = round(c, load<u64>(at, 16));
    d = round(d, load<u64>(at, 24));
  }
  hash.a = a;
  hash.b = b;
  hash.c = c;
  hash.d = d;
}

export function digest(hash: Hash): u64 {
  const total = hash.total;
  let value = (total < STRIPE ? P5 : merged(hash)) + total;
  let at = changetype<usize>(hash) + offsetof<Hash>('rest');
  const end = at + (<usize>total & (STRIPE - 1));
  for (; at + 8 <= end; at += 8) value = rotl(value ^ round(0, load<u64>(at)), 27) * P1 + P4;
  if (at + 4 <= end) {
    value = rotl(value ^ (<u64>load<u32>(at) * P1), 23) * P2 + P3;
    at += 4;
  }
  for (; at < end; at++) value = rotl(value ^ (<u64>load<u8>(at) * P5), 11) * P1;
  value = (value ^ (value >> 33)) * P2;
  value = (value ^ (value >> 29)) * P3;
  return value ^ (value >> 32);
}

function merged(hash: Hash): u64 {
  let value = rotl(hash.a, 1) + rotl(hash.b, 7) + rotl(hash.c, 12) + rotl(hash.d, 18);
  value = (value ^ round(0, hash.a)) * P1 + P4;
  value = (value ^ round(0, hash.b)) * P1 + P4;
  value = (value ^ round(0, hash.c)) * P1 + P4;
  return (value ^ round(0, hash.d)) * P1 + P4;
}

// @ts-ignore: decorator
@inline
function round(lane: u64, input: u64): u64 {
  return rotl(lane + input * P2, 31) * P1;
}
