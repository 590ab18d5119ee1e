import { InputError } from '../../../base/errors.ts';
import type { Answer, Item, MetricValue } from '../../types.ts';
import { length } from '../python/text.ts';
import { isList, type Value } from '../python/values.ts';
import type { MetricName } from '../task.ts';

/** `process_results` of multiple_choice (api/task.py): the choice of the highest log-likelihood, the first of equals. */
export function scoreChoices(
  item: Item,
  gold: readonly number[],
  answers: readonly Answer[],
): (metric: MetricName) => MetricValue {
  const scores = answers.map(asLoglikelihood);
  const logProbabilities = scores.map(({ logProbability }) => logProbability);
  const divided = (sizeOf: (choice: string) => number): number[] =>
    logProbabilities.map((value, i) => value / sizeOf(item.choices[i] ?? ''));
  const right = (values: readonly number[]): number => Number(gold.includes(argmax(values)));
  return (metric) => {
    switch (metric) {
      case 'acc_norm':
        return right(divided(length));
      case 'acc_bytes':
        return right(divided((choice) => Buffer.byteLength(choice)));
      case 'exact_match':
        return Number(gold.some((choice) => scores[choice]?.greedy === true));
      case 'f1':
      case 'mcc':
        return [onlyOne(gold, metric), argmax(logProbabilities)];
      default:
        return right(logProbabilities);
    }
  };
}

/** The numbers of the right choices. @throws InputError for a gold answer that is none of the choices */
export function goldChoices(gold: Value, choices: readonly string[], place: string): readonly number[] {
  const golds = isList(gold) ? gold : [gold];
  return golds.map((each) => {
    const number = typeof each === 'boolean' ? Number(each) : typeof each === 'string' ? choices.indexOf(each) : each;
    if (typeof number === 'number' && number >= 0 && number < choices.length) return number;
    const what = typeof each === 'string' || typeof each === 'number' ? JSON.stringify(each) : 'this';
    throw new InputError(
      `${place}: the gold answer ${what} is none of the ${choices.length} choices.`,
      each === -1 ? 'A label of -1 means that the answers of this split were never published.' : undefined,
    );
  });
}

function onlyOne(gold: readonly number[], metric: string): number {
  const [only] = gold;
  if (gold.length === 1 && only !== undefined) return only;
  throw new InputError(`${metric} needs one gold choice of each document, and a document has ${gold.length}.`);
}

/** NumPy's: the first of the largest, and NaN counts as the largest. */
function argmax(values: readonly number[]): number {
  let best = 0;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) return i;
    if (value > (values[best] ?? NaN)) best = i;
  }
  return best;
}

function asLoglikelihood(answer: Answer): Extract<Answer, { kind: 'loglikelihood' }> {
  if (answer.kind === 'loglikelihood') return answer;
  throw new Error(`A multiple choice was answered with ${answer.kind}.`);
}
