import { tieReport } from '../statistics/ties.ts';

/** Items whose best two choices are as good as equal, by the numbers of their documents. */
export interface TieSummary {
  readonly n: number;
  readonly exact: readonly number[];
  /** Below a thousandth of a nat. */
  readonly near: readonly number[];
  /** That bfloat16 could make a tie. */
  readonly bfloat16: readonly number[];
  readonly text: string;
}

export interface Choices {
  readonly docId: number;
  readonly logProbabilities: readonly number[];
}

/** Null where no item has two choices, or a log-probability is not a number. */
export function summariseTies(items: readonly Choices[]): TieSummary | null {
  const several = items.filter(({ logProbabilities }) => logProbabilities.length > 1);
  if (several.length === 0 || several.some(({ logProbabilities }) => logProbabilities.some(Number.isNaN))) return null;
  const report = tieReport(several.map(({ logProbabilities }) => logProbabilities));
  const named = (places: readonly number[]): number[] => places.map((place) => several[place]?.docId ?? place);
  return {
    n: report.n,
    exact: named(report.exact),
    near: named(report.near),
    bfloat16: named(report.bfloat16),
    text: report.text,
  };
}
