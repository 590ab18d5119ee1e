import { markdownText } from '../../base/markdown.ts';
import type { EvaluationView, ViewColumn, ViewRow } from './viewTypes.ts';

/** What a person pastes into an issue or a model card: scores, differences, and how it was computed. */
export function markdownOf(view: EvaluationView): string {
  const { title, subtitle, partial, columns, rows, notes, how, warnings, sweeps } = view;
  const shown = columns.flatMap((column, index) => (column.isSwept ? [] : [{ column, index }]));
  const scores = table(
    ['', ...shown.map(({ column }) => heading(column))],
    rows.map((row) => [row.name, ...shown.map(({ index }) => row.cells[index]?.text ?? '–')]),
  );
  return [
    `## ${markdownText(title)}`,
    '',
    markdownText(subtitle),
    ...(partial === null ? [] : ['', `**${markdownText(partial)}**`]),
    '',
    ...scores,
    ...differences(rows, columns),
    ...sweeps.flatMap(({ name, label, points, caveats }) => [
      '',
      `### Scale sweep: ${markdownText(label)}, ${markdownText(name)}`,
      '',
      ...table(['λ', ...points.map(({ scale }) => String(scale))], [['score', ...points.map((point) => point.text)]]),
      '',
      ...caveats.map(markdownText),
    ]),
    '',
    '### How it was computed',
    '',
    ...how.map(([label, value]) => `- ${markdownText(label)}: ${markdownText(value)}`),
    ...[...notes, ...warnings].map((note) => `- ${markdownText(note)}`),
    '',
  ].join('\n');
}

function heading({ label, role }: ViewColumn): string {
  return role === null ? label : `${label} (${role})`;
}

function differences(rows: readonly ViewRow[], columns: readonly ViewColumn[]): string[] {
  const labelOf = (column: number): string => columns[column]?.label ?? '';
  const lines = rows.flatMap(({ name, differences: all }) =>
    all.map((one) => [
      name,
      `${labelOf(one.column)} − ${labelOf(one.reference)}`,
      `${one.text} ${one.interval}`,
      one.verdict,
    ]),
  );
  const recoveries = rows.flatMap(({ name, recoveries: all }) =>
    all.map((one) => `- ${markdownText(`${name}: ${one}`)}`),
  );
  if (lines.length === 0) return [];
  return [
    '',
    '### Differences on the same items',
    '',
    ...table(['', 'difference', '95 %', 'in words'], lines),
    ...(recoveries.length === 0 ? [] : ['', ...recoveries]),
  ];
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(' | ')} |`;
  return [row(head), `|${'---|'.repeat(head.length)}`, ...lines.map(row)];
}
