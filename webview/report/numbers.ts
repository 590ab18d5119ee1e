import type { MetricUnit, ViewMetric } from '../../src/editor/report/viewTypes.ts';

/** Three digits that count, with a true minus; null is not known. */
export function written(value: number | null | undefined, unit: MetricUnit): string {
  if (value == null) return '–';
  const text = digits(unit === 'percent' ? 100 * value : value);
  if (unit === 'percent') return `${text} %`;
  if (unit === 'times') return `${text} ×`;
  return unit === 'signed' && value > 0 ? `+${text}` : text;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  // 0.99987 and 0.99999 are far apart where cosines are compared.
  if (size > 0.99 && size < 1) return value.toFixed(5).replace('-', '−');
  if (size >= 1e-4 && size < 1e5) return String(Number(value.toPrecision(3))).replace('-', '−');
  const [mantissa = '', exponent = ''] = value.toExponential(1).replace('-', '−').split('e');
  return `${mantissa} · 10${superscript(Number(exponent.replace('−', '-')))}`;
}

/** "cos(Δ, S) = +0.012 (by chance ± 0.0039)" */
export function inWords(
  metric: ViewMetric,
  value: number | null | undefined,
  chance: number | null | undefined,
): string {
  if (value == null) return `${metric.label} is not known`;
  return `${metric.label} = ${written(value, metric.unit)}${besideWords(metric, chance)}`;
}

export function besideWords({ beside, unit }: ViewMetric, chance: number | null | undefined): string {
  if (beside === null || chance == null) return '';
  return ` (${beside} ${written(chance, unit === 'signed' ? 'number' : unit)})`;
}

/** −18 as ⁻¹⁸ */
export function superscript(exponent: number): string {
  return Array.from(String(exponent), (sign) => (sign === '-' ? '⁻' : ('⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(sign)] ?? ''))).join('');
}
