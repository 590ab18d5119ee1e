import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../../../base/errors.ts';
import { pythonRandom } from '../../random/mersenneTwister.ts';
import type { Document } from '../../types.ts';
import type { Task } from '../task.ts';
import { Others, Pool } from './twins.ts';

/** The examples of one question after the other: the generator goes on from question to question. */
export type Sampler = (question: Document) => readonly Document[];

/**
 * lm-eval's ContextSampler and FirstNSampler (api/samplers.py). Where examples and questions may be of one split, one
 * more is drawn and the question itself is left out. lm-eval takes that to be so too where a task names neither a split
 * for examples nor a test split, as GLUE's do not, and what it draws depends on it (api/task.py, `fewshot_context`).
 *
 * @throws InputError if there are too few documents
 */
export function makeSampler(task: Task, documents: readonly Document[], count: number, seed: number): Sampler {
  const sameSplit = task.fewShot.split === task.testSplit;
  const pool = new Pool(documents);
  if (task.fewShot.sampler === 'first_n')
    return (question) => firstOf(task, sameSplit ? pool.without(question) : new Others(documents, []), count);
  const random = pythonRandom(seed);
  const draw = <T>(from: readonly T[], n: number): T[] => {
    if (n <= from.length) return random.sample(from, n);
    throw tooFew(task, from.length, n);
  };
  return (question) => {
    if (!sameSplit || Object.keys(question).length === 0) return draw(documents, count);
    const drawn = draw(documents, count + 1).filter((document) => !isDeepStrictEqual(document, question));
    if (drawn.length >= count) return drawn.slice(0, count);
    const others = pool.without(question);
    return draw(numbersTo(others.length), count).map((number) => others.at(number));
  };
}

function firstOf(task: Task, others: Others, count: number): readonly Document[] {
  if (count > others.length) throw tooFew(task, others.length, count);
  return Array.from({ length: count }, (_, number) => others.at(number));
}

let numbers: readonly number[] = [];

/** 0, 1, …; the last such list is kept, for the next question mostly needs the same one. */
function numbersTo(count: number): readonly number[] {
  if (numbers.length !== count) numbers = Array.from({ length: count }, (_, i) => i);
  return numbers;
}

function tooFew(task: Task, there: number, needed: number): InputError {
  return new InputError(
    `${task.name}: ${needed} documents are needed to draw examples from, and there are ${there}.`,
    'Ask for fewer examples, or give the split they come from.',
  );
}
