import { InputError } from '../../base/errors.ts';
import { plural } from '../../base/format.ts';
import { formatInteger } from './format.ts';

/** How close the best two choices of every item were. Items are named by their place. */
export interface TieReport {
  readonly n: number;
  /** Best minus second best, in nats, of every item. */
  readonly margins: readonly number[];
  /** No margin at all: the first of the best is taken (numpy.argmax in lm_eval/api/task.py). */
  readonly exact: readonly number[];
  /** A margin below a thousandth of a nat. */
  readonly near: readonly number[];
  /** A margin below 2⁻⁷ of the best log-probability, which bfloat16 can make a tie. */
  readonly bfloat16: readonly number[];
  /** "2 exact ties, 5 near ties (below 0.001 nats), 41 that bfloat16 could tie; n = 872" */
  readonly text: string;
}

const NEAR = 1e-3;
/** Of neighbours in bfloat16, relative to the power of two below them: 8 significant bits. */
const BFLOAT16_SPACING = 2 ** -7;

/** Of the log-probabilities that decided between the choices, an item each: 32-bit and 16-bit runs differ on such items. */
export function tieReport(logProbabilities: readonly (readonly number[])[]): TieReport {
  const n = logProbabilities.length;
  if (n === 0) throw new InputError('There are no items whose ties could be counted.');
  const tops = logProbabilities.map(topTwo);
  const margins = tops.map(([best, second]) => (best === second ? 0 : best - second));
  const [exact, near, bfloat16]: [number[], number[], number[]] = [[], [], []];
  for (const [item, margin] of margins.entries()) {
    if (margin === 0) exact.push(item);
    else if (margin < NEAR) near.push(item);
    if (margin > 0 && margin < BFLOAT16_SPACING * Math.abs(tops[item]?.[0] ?? 0)) bfloat16.push(item);
  }
  const ties = `${plural(exact.length, 'exact tie')}, ${plural(near.length, 'near tie')} (below ${NEAR} nats)`;
  const text = `${ties}, ${bfloat16.length} that bfloat16 could tie; n = ${formatInteger(n)}`;
  return { n, margins, exact, near, bfloat16, text };
}

function topTwo(choices: readonly number[], item: number): readonly [best: number, second: number] {
  if (choices.some(Number.isNaN)) throw new InputError(`A log-probability of item ${item} is not a number.`);
  const [best, second] = choices.toSorted((x, y) => (x === y ? 0 : y - x));
  if (best !== undefined && second !== undefined) return [best, second];
  throw new InputError(`Item ${item} has fewer than two choices: there is nothing that could tie.`);
}
