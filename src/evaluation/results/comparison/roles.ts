import { InputError } from '../../../base/errors.ts';
import type { ColumnRole } from '../../request.ts';
import type { ComparedColumn, SweptColumns } from './types.ts';

/** Which columns are compared with which. */
export interface Roles {
  readonly reference: number | null;
  /** [column, against] */
  readonly pairs: readonly (readonly [number, number])[];
  readonly ports: readonly { readonly ported: number; readonly retrained: number; readonly newBase: number }[];
}

/**
 * Every column against the reference, and every ported one against the retrained. Of a sweep over scales only the patch as
 * it was trained (scale 1) takes part, where it is there.
 *
 * @param wanted the label of the reference; else it is the new base, or the first column
 * @throws InputError if there is no such column
 */
export function rolesOf(
  columns: readonly ComparedColumn[],
  sweeps: readonly SweptColumns[],
  wanted: string | undefined,
): Roles {
  const aside = new Set(sweeps.flatMap(scaledColumns));
  const taking = [...columns.keys()].filter((column) => !aside.has(column));
  const withRole = (role: ColumnRole): number[] => taking.filter((column) => columns[column]?.role === role);
  const reference = columns.length < 2 ? null : (referenceOf(columns, wanted) ?? withRole('new base')[0] ?? 0);
  const [retrained, ...otherRetrained] = withRole('retrained');
  const [newBase, ...otherBases] = withRole('new base');
  const only = otherRetrained.length === 0 ? retrained : undefined;
  const base = otherBases.length === 0 ? newBase : undefined;
  const ported = withRole('ported');
  const pairs = [
    ...(reference === null ? [] : taking.filter((column) => column !== reference).map((column) => [column, reference])),
    ...(only === undefined ? [] : ported.map((column) => [column, only])),
    // What a port is about, whatever else is compared with.
    ...(base === undefined ? [] : ported.map((column) => [column, base])),
  ].map(([column = 0, against = 0]) => [column, against] as const);
  return {
    reference,
    pairs: pairs.filter(([a, b], i) => pairs.findIndex(([x, y]) => (x === a && y === b) || (x === b && y === a)) === i),
    ports:
      only === undefined || base === undefined
        ? []
        : ported.map((column) => ({ ported: column, retrained: only, newBase: base })),
  };
}

/** Those that are not compared with others. */
function scaledColumns({ points }: SweptColumns): number[] {
  if (!points.some(({ scale }) => scale === 1)) return [];
  return points.filter(({ scale }) => scale !== 1).map(({ column }) => column);
}

function referenceOf(columns: readonly ComparedColumn[], wanted: string | undefined): number | undefined {
  if (wanted === undefined) return undefined;
  const found = columns.findIndex(({ label }) => label === wanted);
  if (found >= 0) return found;
  const labels = columns.map(({ label }) => `"${label}"`).join(', ');
  throw new InputError(`There is no column "${wanted}" to compare with.`, `There are ${labels}.`);
}
