import type { Comparison, Sweep, SweptColumns } from '../../evaluation/results/compare.ts';
import { formatInterval, formatWithError, type Unit } from '../../evaluation/statistics/format.ts';
import { rowName } from './rows.ts';
import type { ViewSweep } from './viewTypes.ts';

/** Further scales of patches that are there as they were trained: they are shown as curves alone. */
export function sweptAside({ sweeps }: Comparison): ReadonlySet<number> {
  const withTrained = sweeps.filter(({ points }) => points.some(({ scale }) => scale === 1));
  const further = withTrained.flatMap(({ points }) => points.filter(({ scale }) => scale !== 1));
  return new Set(further.map(({ column }) => column));
}

export function sweepsOf({ tables, sweeps, columns, reference }: Comparison): ViewSweep[] {
  const against = reference === null ? '' : (columns[reference]?.label ?? '');
  return tables.flatMap((table) =>
    table.sweeps.map((sweep) => ({
      name: rowName(table),
      label: labelOf(sweeps[sweep.of]),
      unit: table.unit,
      points: sweep.points.flatMap(({ scale, value, stderr }) =>
        value === null ? [] : [{ scale, value, stderr, text: formatWithError(value, stderr ?? undefined, table.unit) }],
      ),
      best: sweep.best.scale,
      caveats: caveatsOf(sweep, table.unit, against),
    })),
  );
}

function labelOf(swept: SweptColumns | undefined): string {
  return swept?.label ?? '';
}

function caveatsOf({ points, best, honest, honestDifference }: Sweep, unit: Unit, against: string): string[] {
  const scales = honest.halves.map(({ scale }) => scale);
  const chosen = scales[0] === scales[1] ? `λ = ${scales[0]} both times` : `λ = ${scales.join(' and ')}`;
  const optimistic =
    `λ = ${best.scale} is the best of ${points.length}; its score is optimistic, for it was chosen on the items that it is ` +
    `reported on.`;
  const halves = `${formatWithError(honest.value, undefined, unit)} where it is ${honest.text} (${chosen}).`;
  if (honestDifference === null) return [optimistic, `An honest score is ${halves}`];
  const { interval, verdict } = honestDifference;
  const compared = `Against ${against}: ${formatInterval(interval, unit)}, ${verdict}.`;
  return [optimistic, `An honest score is ${halves} ${compared}`];
}
