import { PythonError } from '../python/values.ts';

/** A template comes from a stranger's file and runs for every document: it must come to an end. */
export const MAX_TEXT = 10_000_000;
export const MAX_RANGE = 100_000;
/** About a second; lm-eval's own templates take some hundreds. */
const MAX_STEPS = 1_000_000;

/** @throws PythonError for a text that would grow past all use */
export function bounded(length: number): void {
  if (length > MAX_TEXT) throw new PythonError(`it makes a text of more than ${MAX_TEXT} characters`);
}

/** Call what it returns at every step. @throws PythonError after too many */
export function stepCounter(): () => void {
  let steps = 0;
  return () => {
    if (++steps > MAX_STEPS) throw new PythonError(`it takes more than ${MAX_STEPS} steps`);
  };
}
