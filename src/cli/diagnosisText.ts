import type { Aggregate, Diagnosis, Finding } from '../diagnostics/types.ts';
import { GRADES, OUTPUT_DTYPES, type OutputDtype } from '../diagnostics/types.ts';

/** A diagnosis for people: the verdict with its reasons, then tables. */
export function diagnosisLines(diagnosis: Diagnosis): string[] {
  const { patch, newBase, oldBase, summary, request } = diagnosis;
  const evolution = oldBase === null ? '' : `, which came from ${oldBase.name}`;
  return [
    `${patch.name} on ${newBase.name}${evolution}, scale ${request.scale}: by its weights, ${summary.verdict}`,
    '',
    ...summary.findings.flatMap(findingLines),
    '',
    ...tableOf(diagnosis),
    '',
    "  Norms are Frobenius norms; κ = ‖S‖/‖Δ‖. Rounding: error of the Δ that arrives in the base's own dtype. No threshold of",
    '  these figures was ever calibrated for ports.',
    '',
    'Next:',
    ...summary.next.flatMap(({ text, command }) => [`  - ${text}`, ...(command === null ? [] : [`      ${command}`])]),
  ];
}

export function findingLines({ verdict, text, grade, source }: Finding): string[] {
  return [
    `  ${verdict.padEnd(12)}  ${text}`,
    `  ${''.padEnd(12)}  (${GRADES[grade]}${source === null ? '' : `; ${source}`})`,
  ];
}

function tableOf({ groups, types, layers, all, newBase, oldBase }: Diagnosis): string[] {
  const dtype = OUTPUT_DTYPES.find((one) => one === newBase.dtype) ?? 'F32';
  const rows = [...groups, ...types, ...layers, all].map((one) => cells(one, dtype));
  const evolved = ['‖S‖/‖W‖', 'κ', "cos(W, W')", 'cos(Δ, S)', '± chance'];
  const head = ['', 'tensors', "‖Δ‖/‖W'‖", ...evolved, 'rounding'];
  const shown = [head, ...rows].map((row) => (oldBase === null ? row.toSpliced(3, evolved.length) : row));
  const widths = (shown[0] ?? []).map((_, i) => Math.max(...shown.map((row) => (row[i] ?? '').length)));
  return shown.map((row) =>
    `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`.trimEnd(),
  );
}

function cells({ name, tensors, norms, lineage, cosine, rounding }: Aggregate, dtype: OutputDtype): string[] {
  const { delta, weight, evolution, oldWeight } = norms;
  const ratio = (a: number | null, b: number | null): string =>
    a === null || b === null || b === 0 ? '–' : percent(a / b);
  return [
    name,
    String(tensors),
    ratio(delta, weight),
    ratio(evolution, oldWeight),
    evolution === null || delta === 0 ? '–' : (evolution / delta).toPrecision(3),
    lineage === null ? '–' : lineage.toFixed(4),
    cosine === null ? '–' : cosine.value.toFixed(4),
    cosine === null ? '–' : cosine.chance.toFixed(4),
    percent(rounding[dtype].error),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(3)} %`;
}
