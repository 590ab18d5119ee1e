import { formatInteger, formatInterval, formatWithError } from '../../statistics/format.ts';
import type { Comparison, Difference, Pairing, PortRecovery, Sweep, TaskComparison } from '../comparison/types.ts';
import { tableName } from './names.ts';
import { differenceText, verdictText } from './numbers.ts';
import { aligned, wrapped } from './table.ts';

/** What is known of one task and metric beyond its row: differences in pairs, recovery, the curve over scales, notes. */
export function detailLines(
  comparison: Comparison,
  table: TaskComparison,
  names: readonly string[],
  width: number,
): string[] {
  const name = (column: number): string => names[column] ?? '';
  const lines = [
    ...differenceLines(table, name),
    ...table.recoveries.flatMap((recovery) => recoveryText(recovery, name)),
    ...table.sweeps.flatMap((sweep) => sweepTexts(comparison, table, sweep)),
    ...pairingNotes(table, name),
    ...tieNotes(table, name),
    ...table.notes,
  ];
  if (lines.length === 0) return [];
  const head = `${tableName(table)}${howText(table)}`;
  return ['', ...wrapped(head, width, ''), ...lines.flatMap((line) => wrapped(line, width))];
}

/** ", in pairs: n = 500, 95 % paired bootstrap, 10,000 draws, seed 0" */
function howText({ differences: [first], recoveries: [recovery] }: TaskComparison): string {
  const interval = first?.interval ?? recovery?.recovery.portedGain.interval;
  return interval ? `, in pairs: ${interval.text}` : '';
}

function differenceLines({ differences, unit }: TaskComparison, name: (column: number) => string): string[] {
  const n = differences[0]?.pairing.n;
  const rows = differences.map((difference) => [
    `${name(difference.column)} vs ${name(difference.against)}`,
    differenceText(difference, unit),
    [
      verdictText(difference),
      ...flipTexts(difference),
      ...(difference.pairing.n === n ? [] : [`n = ${difference.pairing.n}`]),
    ].join('; '),
  ]);
  const notes = [...new Set(differences.flatMap(({ note }) => note ?? []))];
  return [...aligned(rows, 3), ...notes];
}

function flipTexts({ flips }: Difference): string[] {
  if (!flips) return [];
  return [`${formatInteger(flips.gained.length)} gained, ${formatInteger(flips.lost.length)} lost`];
}

function recoveryText({ ported, retrained, recovery }: PortRecovery, name: (column: number) => string): string[] {
  const { value, interval, reason } = recovery;
  const what = `of what ${name(retrained)} gains over the new base`;
  if (value === undefined) return [`${name(ported)}: no recovery. ${reason ?? ''}`];
  const bounds = interval === undefined ? '' : ` ${formatInterval(interval, 'percent')}`;
  return [
    `${name(ported)} recovers ${formatWithError(value, undefined)} %${bounds} ${what}.${reason === undefined ? '' : ` ${reason}`}`,
  ];
}

function sweepTexts({ sweeps }: Comparison, { unit }: TaskComparison, sweep: Sweep): string[] {
  const { points, best, honest, honestDifference } = sweep;
  const value = (of: number | null, error: number | null = null): string =>
    of === null ? 'not finite' : formatWithError(of, error ?? undefined, unit);
  const curve = points.map(({ scale, value: of, stderr }) => `${scale}: ${value(of, stderr)}`);
  const [first, second] = honest.halves;
  const against =
    honestDifference === null
      ? ''
      : `; vs the reference ${differenceText(honestDifference, unit)}, ${honestDifference.verdict}`;
  return [
    `${sweeps[sweep.of]?.label ?? ''} by scale: ${curve.join(' · ')}`,
    `best at scale ${best.scale} (${value(best.value)}, optimistic: chosen on the items that it is reported on)`,
    `without that optimism ${value(honest.value)}: scales ${first.scale} and ${second.scale}, ${honest.text}${against}`,
  ];
}

function pairingNotes({ differences }: TaskComparison, name: (column: number) => string): string[] {
  return differences.flatMap(({ column, against, pairing }) => {
    const { n, by } = pairing;
    const left = leftOutText(pairing, [name(column), name(against)]);
    if (left === '' && by === 'document') return [];
    return [`${name(column)} vs ${name(against)}: ${formatInteger(n)} items matched by ${by}${left}.`];
  });
}

function leftOutText({ leftOut }: Pairing, names: readonly string[]): string {
  const left = leftOut.flatMap((count, i) => (count === 0 ? [] : [`${formatInteger(count)} of ${names[i] ?? ''}`]));
  return left.length === 0 ? '' : `; left out ${left.join(' and ')}`;
}

/** Only where there are any. */
function tieNotes({ cells }: TaskComparison, name: (column: number) => string): string[] {
  const texts = cells.flatMap((cell, column) => {
    if (!cell?.ties || cell.ties.exact.length + cell.ties.near.length + cell.ties.bfloat16.length === 0) return [];
    const { exact, near, bfloat16 } = cell.ties;
    return [`${name(column)} ${exact.length} / ${near.length} / ${bfloat16.length}`];
  });
  return texts.length === 0
    ? []
    : [`items whose two best choices are equal / within 0.001 nats / within what bfloat16 rounds: ${texts.join(', ')}`];
}
