import { isSpace, points } from '../python/text.ts';
import type { Task } from '../task.ts';

/** Whether the texts would run into one another (lm-eval, api/utils.py, `requires_delimiter`). */
export function needsDelimiter(before: string, after: string): boolean {
  return before !== '' && after !== '' && !isSpace(points(before.slice(-2)).at(-1)) && !isSpace(after[0]);
}

/** `maybe_delimit` with a blank. */
export function joinWords(before: string, after: string): string {
  return needsDelimiter(before, after) ? `${before} ${after}` : before + after;
}

/**
 * Between a prompt and its answer. lm-eval's is the same everywhere; of a data file alone it stands where neither side
 * has white space, because such files have it in the prompt, in the choices or nowhere.
 */
export function targetDelimiter(task: Task, delimiter: string, prompt: string, answer: string): string {
  const always = task.form !== 'choices' && task.form !== 'continuation';
  return always || needsDelimiter(prompt, answer) ? delimiter : '';
}
