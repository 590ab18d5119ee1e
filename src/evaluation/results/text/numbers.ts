import { formatInterval, formatPValue, formatWithError, type Unit } from '../../statistics/format.ts';
import type { Cell, Difference } from '../comparison/types.ts';

/** 86.8 ± 1.5 */
export function cellText(cell: Cell | null, unit: Unit): string {
  if (cell === null) return '–';
  return cell.value === null ? 'not finite' : formatWithError(cell.value, cell.stderr ?? undefined, unit);
}

/** +50.9 [46.2, 55.4], with as many decimals for the one as for the other. */
export function differenceText(
  {
    difference,
    interval,
  }: { readonly difference: number; readonly interval: { readonly low: number; readonly high: number } },
  unit: Unit,
): string {
  const text = formatInterval(interval, unit);
  const places = /\.(\d+)/.exec(text)?.[1]?.length ?? 0;
  const shown = (unit === 'percent' ? 100 * difference : difference).toFixed(places);
  const sign = difference > 0 ? '+' : '';
  return `${Number(shown) === 0 ? shown.replace('-', '') : sign + shown} ${text}`;
}

/** "better (p = 0.0012, corrected p = 0.0036)" */
export function verdictText({ verdict, test }: Pick<Difference, 'verdict' | 'test'>): string {
  if (test === null) return verdict === 'no difference shown' ? verdict : `${verdict} (the interval does not hold 0)`;
  const corrected = test.tests > 1 ? `, corrected ${formatPValue(test.corrected)}` : '';
  return `${verdict} (${formatPValue(test.p)}${corrected})`;
}
