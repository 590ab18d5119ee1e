import type { Beside, OutputDtype, TensorDiagnosis } from '../../diagnostics/types.ts';
import { OUTPUT_DTYPES } from '../../diagnostics/types.ts';
import type { PortedTensor } from '../../port/provenance.ts';
import type { Combine, MetricUnit, ViewMetric } from './viewTypes.ts';

/** A number of a tensor, with what it is to be compared with. */
export interface Metric<T> extends ViewMetric {
  readonly of: (tensor: T) => number | null;
  readonly chance: (tensor: T) => number | null;
}

interface Options {
  readonly unit?: MetricUnit;
  readonly beside?: string;
  readonly combine?: Combine;
}

const NORM: Options = { combine: { kind: 'norm' } };
const MEAN: Combine = { kind: 'mean' };
const CHANCE: Options = { unit: 'percent', beside: 'by chance' };

function ratio(of: string, to: string, unit: MetricUnit = 'percent'): Options {
  return { unit, combine: { kind: 'ratio', of, to } };
}

function metric<T>(
  [group, name, label]: readonly [group: string, name: string, label: string],
  explanation: string,
  of: (tensor: T) => number | null,
  { unit = 'number', beside, combine = MEAN }: Options = {},
  chance: (tensor: T) => number | null = () => null,
): Metric<T> {
  return { group, name, label, explanation, unit, beside: beside ?? null, combine, of, chance };
}

function divide(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b;
}

/** A figure that stands beside chance. */
function besides(
  names: readonly [group: string, name: string, label: string],
  explanation: string,
  pair: (tensor: TensorDiagnosis) => Beside | null | undefined,
  options: Options,
): Metric<TensorDiagnosis> {
  const [of, chance] = [
    (t: TensorDiagnosis) => pair(t)?.value ?? null,
    (t: TensorDiagnosis) => pair(t)?.chance ?? null,
  ];
  return metric(names, explanation, of, options, chance);
}

/** Of a diagnosis. Formulas and grades of evidence: docs of each finding; nothing here is a calibrated threshold. */
export const DIAGNOSED: readonly Metric<TensorDiagnosis>[] = [
  metric(
    ['Patch', 'relative', '‖Δ‖ / ‖W′‖'],
    "How strong the patch is beside the new base's own weights; not whether the port works.",
    ({ norms }) => divide(norms.delta, norms.weight),
    ratio('delta', 'weight'),
  ),
  metric(['Patch', 'delta', '‖Δ‖'], 'Frobenius norm of what is added to the tensor.', ({ norms }) => norms.delta, NORM),
  metric(
    ['Patch', 'spectral', '‖Δ‖₂'],
    'Largest singular value of the patch: how far it can move one direction.',
    ({ spectrum }) => spectrum.values[0] ?? 0,
  ),
  metric(
    ['Patch', 'stableRank', 'Stable rank'],
    '‖Δ‖² / σ₁²: in how many directions the patch is of about the same size. 1 means a single direction does everything.',
    ({ spectrum }) => spectrum.stableRank,
  ),
  metric(['Patch', 'weight', '‖W′‖'], "Frobenius norm of the new base's weight.", ({ norms }) => norms.weight, NORM),
  metric(
    ['Evolution', 'evolution', '‖S‖'],
    'How far the base moved, S = W′ − W.',
    ({ norms }) => norms.evolution,
    NORM,
  ),
  metric(
    ['Evolution', 'oldWeight', '‖W‖'],
    "Frobenius norm of the old base's weight.",
    ({ norms }) => norms.oldWeight,
    NORM,
  ),
  metric(
    ['Evolution', 'moved', '‖S‖ / ‖W‖'],
    'How far the base moved beside its own size. Continued training moves it by some per cent. Plausible, no evidence for a limit.',
    ({ norms }) => divide(norms.evolution, norms.oldWeight),
    ratio('evolution', 'oldWeight'),
  ),
  metric(
    ['Evolution', 'load', '‖S‖ / ‖Δ‖'],
    'How many times farther the base moved than the patch does. Plausible, no evidence for a limit.',
    ({ norms }) => divide(norms.evolution, norms.delta),
    ratio('evolution', 'delta', 'times'),
  ),
  metric(
    ['Evolution', 'lineage', 'cos(W, W′)'],
    'Near 1 where one base was trained on from the other; near 0 where they were trained apart, and a patch is worth nothing.',
    ({ lineage }) => lineage,
    { combine: { kind: 'cosine', a: 'weight', b: 'oldWeight' } },
  ),
  besides(
    ['Alignment', 'cosine', 'cos(Δ, S)'],
    'Whether the base moved along the patch (> 0: part of it may be counted twice) or against it (< 0). Two random directions lie within chance of 0. Plausible, no evidence for a limit.',
    ({ alignment }) => alignment?.cosine,
    { unit: 'signed', beside: 'by chance ±', combine: { kind: 'cosine', a: 'delta', b: 'evolution' } },
  ),
  metric(
    ['Alignment', 'deviations', 'cos(Δ, S) ÷ chance'],
    'The same in standard deviations of what chance gives: beyond ±5 it is no chance.',
    ({ alignment }) => (alignment === null ? null : divide(alignment.cosine.value, alignment.cosine.chance)),
    { unit: 'signed' },
  ),
  besides(
    ['Alignment', 'columns', 'Overlap of outputs'],
    "Share of the patch's column space in the leading directions of the evolution. In merging, overlap speaks for compatibility; for ports nobody has shown which way it goes.",
    ({ alignment }) => alignment?.columns,
    CHANCE,
  ),
  besides(
    ['Alignment', 'rows', 'Overlap of inputs'],
    "Share of the patch's row space in the leading directions of the evolution.",
    ({ alignment }) => alignment?.rows,
    CHANCE,
  ),
  metric(
    ['Alignment', 'keptNew', 'Patch in the new base'],
    "Share of ‖Δ‖ within the leading directions of the new base's weight.",
    ({ kept }) => kept?.newBase ?? null,
    CHANCE,
    ({ kept }) => kept?.chance ?? null,
  ),
  metric(
    ['Alignment', 'keptOld', 'Patch in the old base'],
    "The same of the old base's weight. Where the two differ, the new base offers the patch other directions.",
    ({ kept }) => kept?.oldBase ?? null,
    CHANCE,
    ({ kept }) => kept?.chance ?? null,
  ),
  ...OUTPUT_DTYPES.flatMap(roundingOf),
  metric(
    ['Retrained', 'retrained', '‖Δ′‖'],
    'Frobenius norm of the patch that was retrained on the new base.',
    ({ retrained }) => retrained?.norm ?? null,
    NORM,
  ),
  besides(
    ['Retrained', 'distance', '‖C‖ / ‖Δ‖'],
    'How far the retrained patch is, C = Δ′ − Δ. Patches of one task are often as far apart as random ones and still score alike.',
    ({ retrained }) => retrained?.distance,
    { unit: 'times', beside: 'if orthogonal' },
  ),
  besides(
    ['Retrained', 'retrainedCosine', 'cos(Δ, Δ′)'],
    'Whether the retrained patch points the same way.',
    ({ retrained }) => retrained?.cosine,
    { unit: 'signed', beside: 'by chance ±', combine: { kind: 'cosine', a: 'delta', b: 'retrained' } },
  ),
  metric(
    ['Retrained', 'angleColumns', 'Closest outputs'],
    'Cosine of the smallest principal angle between the column spaces of both patches, beside a random pair of the same ranks.',
    ({ angles }) => angles?.columns.cosines[0] ?? null,
    { beside: 'random pair' },
    ({ angles }) => angles?.columns.chance[0] ?? null,
  ),
  metric(
    ['Retrained', 'angleRows', 'Closest inputs'],
    'Cosine of the smallest principal angle between the row spaces of both patches, beside a random pair of the same ranks.',
    ({ angles }) => angles?.rows.cosines[0] ?? null,
    { beside: 'random pair' },
    ({ angles }) => angles?.rows.chance[0] ?? null,
  ),
];

function roundingOf(dtype: OutputDtype): Metric<TensorDiagnosis>[] {
  const lost = `Error of the patch that arrives in ${dtype}, ‖round(W′ + Δ) − W′ − Δ‖ / ‖Δ‖. An adapter loses nothing.`;
  const still = `Share of the elements with Δ ≠ 0 that stay as they were in ${dtype}: the change is smaller than half a step.`;
  return [
    metric(['Rounding', `error${dtype}`, `Lost in ${dtype}`], lost, ({ rounding }) => rounding[dtype].error, {
      unit: 'percent',
    }),
    metric(
      ['Rounding', `absorbed${dtype}`, `Unchanged in ${dtype}`],
      still,
      ({ rounding }) => rounding[dtype].absorbed,
      { unit: 'percent' },
    ),
  ];
}

/** Of a port alone, as it was measured when it was written. */
export const PORTED: readonly Metric<PortedTensor>[] = [
  metric(
    ['Patch', 'delta', '‖Δ‖'],
    'Frobenius norm of what is added to the tensor.',
    ({ deltaNorm }) => deltaNorm,
    NORM,
  ),
  metric(
    ['Patch', 'relative', '‖Δ‖ / ‖W′‖'],
    "The patch beside the new base's own weights: how large it is, not whether it works.",
    ({ deltaNorm, measured }) => divide(deltaNorm, measured?.weightNorm ?? null),
    ratio('delta', 'weight'),
  ),
  metric(
    ['Patch', 'weight', '‖W′‖'],
    "Frobenius norm of the new base's weight.",
    ({ measured }) => measured?.weightNorm ?? null,
    NORM,
  ),
  metric(
    ['Rounding', 'lost', 'Lost to rounding'],
    'Error of the delta that arrived, ‖W′ − W − Δ‖ / ‖Δ‖: rounding to the dtype swallows small changes.',
    ({ deltaNorm, measured }) => divide(measured?.roundingError ?? null, deltaNorm),
    { unit: 'percent' },
  ),
  metric(
    ['Rounding', 'unchanged', 'Elements unchanged'],
    'Share of the elements that rounding left as they were.',
    ({ measured }) => measured?.absorbedShare ?? null,
    { unit: 'percent' },
  ),
  metric(
    ['Patch', 'rank', 'Rank'],
    'Of the factors; none where the patch is no product of factors.',
    ({ rank }) => rank,
  ),
];
