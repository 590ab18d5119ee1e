/** Whether two stretches of memory hold the same bytes. */
export function same(a: usize, b: usize, bytes: usize): bool {
  const whole = a + (bytes & ~63);
  const end = a + bytes;
  for (; a < whole; a += 64, b += 64) {
    const first = v128.or(v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a, 16), v128.load(b, 16)));
    const second = v128.or(v128.xor(v128.load(a, 32), v128.load(b, 32)), v128.xor(v128.load(a, 48), v128.load(b, 48)));
    if (v128.any_true(v128.or(first, second))) return false;
  }
  for (; a < end; a++, b++) if (load<u8>(a) != load<u8>(b)) return false;
  return true;
}
