import type { PatternLimits } from '../regex/patternClock.ts';
import { pythonRegex } from '../regex/pythonRegex.ts';
import type { MatchOptions } from '../task.ts';

/** `string.punctuation`. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/**
 * Whether the answer is one of the gold ones: lm-eval's `exact_match_hf_evaluate` (api/metrics.py), which treats answer
 * and gold alike, in this order.
 *
 * @throws PatternError for a text on which a pattern takes too long
 */
export function exactMatch(
  answer: string,
  golds: readonly string[],
  options: MatchOptions,
  limits: PatternLimits,
): boolean {
  const wanted = reduced(answer, options, limits);
  return golds.some((gold) => reduced(gold, options, limits) === wanted);
}

function reduced(text: string, options: MatchOptions, limits: PatternLimits): string {
  let result = options.regexesToIgnore.reduce((rest, each) => pythonRegex(each).sub('', rest, 0, limits), text);
  if (options.ignoreCase) result = result.toLowerCase();
  if (options.ignorePunctuation) result = result.replace(PUNCTUATION, '');
  if (options.ignoreNumbers) result = result.replace(/[0-9]/g, '');
  return withoutNuls(result);
}

/** NumPy's texts end before the NULs at their end. */
function withoutNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\0') end--;
  return text.slice(0, end);
}
