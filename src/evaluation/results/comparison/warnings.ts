import { plural } from '../../../base/format.ts';
import { aggregate } from '../../statistics/aggregations.ts';
import type { ImportedColumn, ImportedTask } from '../importing/imported.ts';
import { own } from '../own.ts';
import { groupBy } from './groups.ts';
import { matchItems } from './matchItems.ts';

/** Beyond what sums in another order explain. */
const TOLERANCE = 1e-6;

interface Labelled {
  readonly label: string;
  readonly column: ImportedColumn;
}

/** What makes the columns not comparable, or only with care. */
export function warningsOf(columns: readonly Labelled[], reference: number | null): string[] {
  const tasks = new Set(columns.flatMap(({ column }) => Object.keys(column.tasks)));
  return [
    ...differing('BOS modes', columns, ({ column: { facts } }) => facts?.bos),
    ...differing('Maximum lengths', columns, ({ column: { facts } }) => facts?.maxLength),
    ...differing('Tools', columns, ({ column: { tool } }) => tool.replace(/^PortLLM .*/, 'PortLLM')),
    ...tokenizers(columns),
    ...[...tasks].flatMap((task) => taskWarnings(task, columns, reference)),
  ];
}

/** "BOS modes differ: auto (old base, new base), force (ported)." What is not known says nothing. */
function differing(
  what: string,
  columns: readonly Labelled[],
  valueOf: (of: Labelled) => string | number | null | undefined,
): string[] {
  const known = columns.filter((each) => valueOf(each) != null);
  const groups = groupBy(known, valueOf);
  if (groups.length < 2) return [];
  return [`${what} differ: ${groups.map(([value, of]) => `${value ?? ''} (${labels(of)})`).join(', ')}.`];
}

function labels(of: readonly Labelled[]): string {
  return of.map(({ label }) => label).join(', ');
}

function tokenizers(columns: readonly Labelled[]): string[] {
  const known = columns.filter(({ column }) => column.facts);
  const groups = groupBy(known, ({ column }) => column.facts?.tokenizerSha256);
  if (groups.length < 2) return [];
  return [
    `Tokenizers differ: ${groups.map(([, of]) => labels(of)).join(' | ')}. Perplexity by token is not comparable between them; by word or ` +
      `byte it is.`,
  ];
}

function taskWarnings(task: string, columns: readonly Labelled[], reference: number | null): string[] {
  const having = columns.filter(({ column }) => own(column.tasks, task));
  const of = ({ column }: Labelled): ImportedTask | undefined => own(column.tasks, task);
  return [
    ...differing(`${task}: numbers of items`, having, (each) => of(each)?.n),
    ...differing(`${task}: numbers of examples before the question`, having, (each) => of(each)?.fewShot),
    ...differing(`${task}: versions of the task`, having, (each) => of(each)?.version),
    ...having.flatMap((each) => ownWarnings(task, each.label, of(each))),
    ...promptWarnings(task, having, reference === null ? undefined : columns[reference]),
  ];
}

function ownWarnings(task: string, label: string, result: ImportedTask | undefined): string[] {
  if (!result) return [];
  const { complete, truncated, n, documents, limit, metrics, items = [] } = result;
  const asked = Math.min(documents ?? Infinity, limit ?? Infinity);
  return [
    ...(complete ? [] : [`${task}: ${label} was stopped after ${n ?? '?'} of ${asked} items.`]),
    ...(truncated === 0 ? [] : [`${task}: ${label} lost the beginning of ${plural(truncated, 'prompt')}.`]),
    ...Object.entries(metrics).flatMap(([key, { value, aggregation }]) => {
      const values = items.map((item) => item.values[key]).filter((each) => each !== undefined);
      if (aggregation === undefined || values.length === 0 || values.length < items.length) return [];
      const computed = aggregate(aggregation, values);
      const isSame = Object.is(computed, value) || Math.abs(computed - value) <= TOLERANCE * Math.abs(value);
      return isSame ? [] : [`${task}: of ${label}, the results say ${key} ${value}, but its samples give ${computed}.`];
    }),
  ];
}

/** The same documents, asked otherwise. */
function promptWarnings(task: string, having: readonly Labelled[], reference: Labelled | undefined): string[] {
  const ofReference = own(reference?.column.tasks, task);
  if (!ofReference?.items) return [];
  return having.flatMap(({ label, column }) => {
    const result = own(column.tasks, task);
    const key = Object.keys(ofReference.metrics).find((each) => result?.metrics[each]);
    if (!result?.items || result === ofReference || key === undefined) return [];
    const { pairing, items } = matchItems([ofReference.items ?? [], result.items], key);
    const [mine = [], theirs = []] = items;
    const other = mine.filter(({ promptHash }, i) => promptHash !== theirs[i]?.promptHash).length;
    return other === 0
      ? []
      : [`${task}: ${other} of ${pairing.n} prompts differ between ${reference?.label ?? ''} and ${label}.`];
  });
}
