import type { ColumnFacts } from '../types.ts';
import { groupBy } from './groups.ts';
import type { ComparedColumn, SweptColumns } from './types.ts';

/**
 * Columns whose facts differ in nothing but the scales of their patches, which all grow together. The scale of a point is
 * that of the first patch.
 */
export function sweptColumns(columns: readonly ComparedColumn[]): SweptColumns[] {
  const patched = columns.flatMap(({ label, facts }, column) =>
    facts && facts.patches.length > 0 ? [{ label, facts, column }] : [],
  );
  return groupBy(patched, ({ facts }) => withoutScales(facts)).flatMap(([, group]) => {
    const points = group.map(({ facts, column }) => ({ scale: facts.patches[0]?.scale ?? NaN, column }));
    const distinct = new Set(points.map(({ scale }) => scale)).size;
    if (group.length < 2 || distinct < group.length || !growTogether(group.map(({ facts }) => facts))) return [];
    return [{ label: shared(group.map(({ label }) => label)), points: points.sort((a, b) => a.scale - b.scale) }];
  });
}

function withoutScales(facts: ColumnFacts): string {
  const patches = facts.patches.map(({ path, sha256, settingsSha256 }) => [path, sha256, settingsSha256]);
  return JSON.stringify({ ...facts, patches, label: undefined, memory: undefined, warnings: undefined });
}

/** Whether all columns' scales are multiples of one another. */
function growTogether(columns: readonly ColumnFacts[]): boolean {
  const vectors = columns.map(({ patches }) => patches.map(({ scale }) => scale));
  const longest = vectors.toSorted((a, b) => Math.hypot(...b) - Math.hypot(...a))[0] ?? [];
  const [unit = 0] = longest;
  return vectors.every((vector) =>
    vector.every((scale, i) => Math.abs(scale * unit - (vector[0] ?? 0) * (longest[i] ?? 0)) < 1e-9),
  );
}

/** What all labels begin with, up to the scale. */
function shared(labels: readonly string[]): string {
  const [first = '', ...others] = labels;
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length).replace(/\s*@[\d.]*$/, '') || first;
}
