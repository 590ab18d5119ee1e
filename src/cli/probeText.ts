import type { Probe, ProbePoint, TaskProbe } from '../diagnostics/probeTypes.ts';
import { aligned } from '../evaluation/results/text/table.ts';
import { formatWithError } from '../evaluation/statistics/format.ts';
import { findingLines } from './diagnosisText.ts';

/** Characters of the longest bar. */
const BAR = 32;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A probe for people: what it says, then each line as a table with its curve. */
export function probeLines({ tasks, findings, notes, warnings }: Probe): string[] {
  return [
    'Probe: the loss of right answers, along two lines through the weights',
    '',
    ...findings.flatMap(findingLines),
    ...tasks.flatMap(taskLines),
    '',
    '  Losses are nats an item ± standard error of the mean; differences are of the same items. Flat in t and falling in λ is',
    '  fine; a bump in t or a minimum below λ = 1 asks for a closer look. No threshold was ever calibrated.',
    ...notes.map((note) => `  ${note}`),
    ...warnings.map((warning) => `  warning  ${warning}`),
  ];
}

function taskLines({ task, items, documents, blend, scales }: TaskProbe): string[] {
  const of = items < documents ? `${items} of ${documents}` : String(items);
  return [
    '',
    `${task}, ${of} items`,
    ...(blend === null ? [] : table('t', 'old base + t · evolution + patch', 'vs t = 0', blend.points, 'against0')),
    ...table('λ', 'new base + λ · patch', 'vs λ = 1', scales.points, 'against1'),
  ];
}

function table(
  parameter: string,
  what: string,
  against: string,
  points: readonly ProbePoint[],
  pair: 'against0' | 'against1',
): string[] {
  const head = [parameter, 'loss', 'per token', against, ...(hasAccuracy(points) ? ['acc'] : [])];
  const rows = points.map((point) => [
    String(point.parameter),
    formatWithError(point.loss, point.stderr ?? undefined, 'plain'),
    point.lossPerToken.toFixed(3),
    point[pair].value === 0
      ? '–'
      : `${point[pair].value > 0 ? '+' : ''}${formatWithError(point[pair].value, point[pair].stderr ?? undefined, 'plain')}`,
    ...(point.accuracy === null ? [] : [`${(100 * point.accuracy).toFixed(1)} %`]),
  ]);
  const most = Math.max(...points.map(({ loss }) => loss));
  const bars = ['', ...points.map(({ loss }) => bar(loss / most))];
  return [`  ${what}`, ...aligned([head, ...rows], 1).map((line, i) => `    ${line}  ${bars[i] ?? ''}`.trimEnd())];
}

function hasAccuracy(points: readonly ProbePoint[]): boolean {
  return points.every(({ accuracy }) => accuracy !== null);
}

/** From zero on, so that a difference looks as large as it is. */
function bar(share: number): string {
  const eighths = Math.round(8 * BAR * Math.max(0, share || 0));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}
