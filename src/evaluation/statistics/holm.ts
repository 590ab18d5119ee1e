import { InputError } from '../../base/errors.ts';

/**
 * p-values of several tests, corrected so that the chance of any false alarm stays below the level: in ascending order
 * p₍ᵢ₎ becomes the largest (m − j + 1)·p₍ⱼ₎ of j ≤ i, at most 1 (Holm, "A simple sequentially rejective multiple test
 * procedure", 1979; R's p.adjust). The order of the tests is kept.
 */
export function holm(pValues: readonly number[]): number[] {
  const wrong = pValues.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) throw new InputError(`${wrong} is no p-value.`);
  const order = [...pValues.keys()].sort((i, j) => (pValues[i] ?? 0) - (pValues[j] ?? 0));
  const adjusted = [...pValues];
  let largest = 0;
  for (const [place, test] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (order.length - place) * (pValues[test] ?? 0)));
    adjusted[test] = largest;
  }
  return adjusted;
}
