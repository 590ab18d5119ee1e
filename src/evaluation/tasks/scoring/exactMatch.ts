import { pythonRegex } from '../regex/pythonRegex.ts';
import type { MatchOptions } from '../task.ts';

/** `string.punctuation`. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/** lm-eval's `exact_match_hf_evaluate` (api/metrics.py), which treats answer and gold alike, in this order. */
export function exactMatch(answer: string, gold: string, options: MatchOptions): boolean {
  return reduced(answer, options) === reduced(gold, options);
}

function reduced(text: string, options: MatchOptions): string {
  let result = options.regexesToIgnore.reduce((rest, pattern) => pythonRegex(pattern).sub('', rest), text);
  if (options.ignoreCase) result = result.toLowerCase();
  if (options.ignorePunctuation) result = result.replace(PUNCTUATION, '');
  if (options.ignoreNumbers) result = result.replace(/[0-9]/g, '');
  // NumPy's texts end before the NULs at their end.
  return result.replace(/\0+$/, '');
}
