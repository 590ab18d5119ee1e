import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../../../base/errors.ts';
import { pythonRandom } from '../../random/mersenneTwister.ts';
import type { Document } from '../../types.ts';
import type { Task } from '../task.ts';

/** The examples of one question after the other: the generator goes on from question to question. */
export type Sampler = (question: Document) => readonly Document[];

/**
 * lm-eval's ContextSampler and FirstNSampler (api/samplers.py). Where examples and questions may be of one split, one
 * more is drawn and the question itself is left out. lm-eval takes that to be so too where a task names neither a split
 * for examples nor a test split, as GLUE's do not, and what it draws depends on it (api/task.py, `fewshot_context`).
 *
 * @throws InputError if there are too few documents
 */
export function makeSampler(task: Task, pool: readonly Document[], count: number, seed: number): Sampler {
  const sameSplit = task.fewShot.split === task.testSplit;
  if (task.fewShot.sampler === 'first_n')
    return (question) => firstOf(task, pool, count, sameSplit ? question : undefined);
  const random = pythonRandom(seed);
  const draw = (from: readonly Document[], n: number): Document[] => {
    if (n <= from.length) return random.sample(from, n);
    throw tooFew(task, from.length, n);
  };
  return (question) => {
    if (!sameSplit || Object.keys(question).length === 0) return draw(pool, count);
    const others = without(draw(pool, count + 1), question).slice(0, count);
    return others.length < count ? draw(without(pool, question), count) : others;
  };
}

function firstOf(
  task: Task,
  pool: readonly Document[],
  count: number,
  question: Document | undefined,
): readonly Document[] {
  const others = question === undefined ? pool : without(pool, question);
  if (count > others.length) throw tooFew(task, others.length, count);
  return others.slice(0, count);
}

function without(documents: readonly Document[], question: Document): Document[] {
  return documents.filter((document) => !isDeepStrictEqual(document, question));
}

function tooFew(task: Task, there: number, needed: number): InputError {
  return new InputError(
    `${task.name}: ${needed} documents are needed to draw examples from, and there are ${there}.`,
    'Ask for fewer examples, or give the split they come from.',
  );
}
