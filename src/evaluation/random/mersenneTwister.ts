/**
 * CPython's `random.Random(seed)` for whole-number seeds, to the bit: MT19937 (Matsumoto and Nishimura 1998), seeded as
 * `random_seed` does (Modules/_randommodule.c), and what Lib/random.py (3.11) builds on it. lm-eval draws its few-shot
 * examples from it, and its bootstrap.
 */
export interface PythonRandom {
  /** In [0, 1), of 53 bits. */
  random(): number;
  /** A whole number of so many random bits, at most 53. */
  getrandbits(bits: number): number;
  /** Of 0, 1, …, n − 1. */
  randrange(n: number): number;
  /** k different elements, in the order in which they were drawn. @throws RangeError if there are fewer */
  sample<T>(population: readonly T[], k: number): T[];
  /** k elements, each drawn from all of them. */
  choices<T>(population: readonly T[], k: number): T[];
  /** In place. */
  shuffle<T>(items: T[]): void;
}

const N = 624;
const M = 397;
const UPPER = 0x80000000;
const LOWER = 0x7fffffff;
const MATRIX = 0x9908b0df;

export function pythonRandom(seed: number): PythonRandom {
  const next = generator(seededState(seed));
  const random = (): number => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000;
  const getrandbits = (bits: number): number => {
    if (bits > 53) throw new RangeError(`${bits} random bits do not fit into a number.`);
    if (bits === 0) return 0;
    if (bits <= 32) return next() >>> (32 - bits);
    return next() + (next() >>> (64 - bits)) * 2 ** 32;
  };
  /** `_randbelow_with_getrandbits`: as many bits as n has, again until they are below it. */
  const below = (n: number): number => {
    const bits = bitLength(n);
    for (;;) {
      const drawn = getrandbits(bits);
      if (drawn < n) return drawn;
    }
  };
  return {
    random,
    getrandbits,
    randrange: (n) => {
      if (!(n >= 1)) throw new RangeError(`There is no number below ${n} to draw.`);
      return below(n);
    },
    sample: (population, k) => sample(population, k, below),
    choices: (population, k) =>
      Array.from({ length: k }, () => at(population, Math.floor(random() * population.length))),
    shuffle: (items) => {
      for (let i = items.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [items[i], items[j]] = [at(items, j), at(items, i)];
      }
    },
  };
}

/** `Random.sample`: from a shrinking pool where it is small, by a set of what was drawn where it is large. */
function sample<T>(population: readonly T[], k: number, below: (n: number) => number): T[] {
  const n = population.length;
  if (k < 0 || k > n) throw new RangeError(`${k} elements cannot be drawn from ${n}.`);
  const setSize = 21 + (k > 5 ? 4 ** Math.ceil(Math.log(k * 3) / Math.log(4)) : 0);
  if (n <= setSize) {
    const pool = population.slice();
    return Array.from({ length: k }, (_, i) => {
      const j = below(n - i);
      const drawn = at(pool, j);
      pool[j] = at(pool, n - i - 1);
      return drawn;
    });
  }
  const drawn = new Set<number>();
  while (drawn.size < k) drawn.add(below(n));
  return Array.from(drawn, (j) => at(population, j));
}

function at<T>(items: readonly T[], i: number): T {
  // The index is in range wherever this is called; T may itself be undefined.
  return items[i] as T;
}

function bitLength(n: number): number {
  return n < 1 ? 0 : n.toString(2).length;
}

/** `init_by_array` of the seed's absolute value in 32-bit words, the lowest first. */
function seededState(seed: number): Uint32Array {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${seed} is not a whole number that can seed.`);
  const value = Math.abs(seed);
  const key = value < 2 ** 32 ? [value] : [value % 2 ** 32, Math.floor(value / 2 ** 32)];
  const state = initialState(19650218);
  const word = (i: number): number => state[i] ?? 0;
  let [i, j] = [1, 0];
  const advance = (): void => {
    if (++i < N) return;
    state[0] = word(N - 1);
    i = 1;
  };
  const mixed = (factor: number): number => word(i) ^ Math.imul(word(i - 1) ^ (word(i - 1) >>> 30), factor);
  for (let round = 0; round < N; round++) {
    state[i] = mixed(1664525) + (key[j] ?? 0) + j;
    advance();
    j = (j + 1) % key.length;
  }
  for (let round = 0; round < N - 1; round++) {
    state[i] = mixed(1566083941) - i;
    advance();
  }
  state[0] = UPPER;
  return state;
}

function initialState(seed: number): Uint32Array {
  const state = new Uint32Array(N);
  state[0] = seed;
  for (let i = 1; i < N; i++) {
    const before = state[i - 1] ?? 0;
    state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
  }
  return state;
}

function generator(state: Uint32Array): () => number {
  let index = N;
  return () => {
    if (index >= N) {
      twist(state);
      index = 0;
    }
    let y = state[index++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < N; i++) {
    const y = ((state[i] ?? 0) & UPPER) | ((state[(i + 1) % N] ?? 0) & LOWER);
    state[i] = (state[(i + M) % N] ?? 0) ^ (y >>> 1) ^ (y & 1 ? MATRIX : 0);
  }
}
