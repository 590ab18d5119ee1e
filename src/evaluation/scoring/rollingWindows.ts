/** What a model is asked to score: the tokens of the continuation, after those of the context. */
export interface TokenPair {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
}

/**
 * A text of any length as windows that predict each of its tokens once, in order: lm-eval's get_rolling_token_windows
 * and make_disjoint_window (lm_eval/utils.py). The first window follows the prefix token alone; a later one repeats
 * `contextLength` tokens, and the last one as many as still fit.
 *
 * @param maxLength tokens that the model takes in; a window has one more, its last, which is only predicted
 */
export function rollingWindows(
  tokens: readonly number[],
  prefixToken: number,
  maxLength: number,
  contextLength: number,
): TokenPair[] {
  if (contextLength < 1 || contextLength > maxLength)
    throw new RangeError(`A context of ${contextLength} tokens does not fit windows of ${maxLength}.`);
  if (tokens.length === 0) return [];
  const first = Math.min(maxLength, tokens.length);
  const windows: TokenPair[] = [{ context: [prefixToken], continuation: tokens.slice(0, first) }];
  const step = maxLength - contextLength + 1;
  for (let done = first; done < tokens.length; done += step) {
    const end = Math.min(done + step, tokens.length);
    windows.push({ context: tokens.slice(end - maxLength - 1, done), continuation: tokens.slice(done, end) });
  }
  return windows;
}
