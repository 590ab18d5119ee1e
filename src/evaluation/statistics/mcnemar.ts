/**
 * The exact McNemar test: of onlyA + onlyB items that one side alone got right, each is either side's with probability ½.
 * p = min(1, 2·P(X ≤ min(onlyA, onlyB))), X binomial: scipy.stats.binomtest(k, n, 0.5), statsmodels' mcnemar(exact=True).
 */
export function exactMcNemar(onlyA: number, onlyB: number): number {
  const n = onlyA + onlyB;
  const k = Math.min(onlyA, onlyB);
  if (2 * k >= n - 1) return 1; // the tail holds the middle
  return Math.min(1, 2 * probability(k, n) * tail(k, n));
}

/** C(n, k)/2ⁿ as a product of k quotients, the powers of two counted apart: nothing overflows or is cancelled. */
function probability(k: number, n: number): number {
  let mantissa = 1;
  let exponent = -n;
  for (let i = 1; i <= k; i++) {
    mantissa *= (n - k + i) / i;
    if (mantissa < 2 ** 512) continue;
    mantissa *= 2 ** -512;
    exponent += 512;
  }
  const half = Math.trunc(exponent / 2);
  return mantissa * 2 ** half * 2 ** (exponent - half);
}

/** P(X ≤ k)/P(X = k), its terms falling from 1. */
function tail(k: number, n: number): number {
  let [sum, term] = [1, 1];
  for (let i = k; i > 0 && term > sum * Number.EPSILON; i--) {
    term *= i / (n - i + 1);
    sum += term;
  }
  return sum;
}
