import type { MetricValue } from '../../types.ts';
import type { ImportedItem } from '../importing/imported.ts';
import type { Pairing } from './types.ts';

export interface Matched {
  readonly pairing: Pairing;
  /** Of each column, in the order of the first one's items. */
  readonly items: readonly (readonly ImportedItem[])[];
  readonly values: readonly (readonly MetricValue[])[];
}

type Identity = (item: ImportedItem) => string;
const IDENTITIES: Readonly<Record<Pairing['by'], Identity>> = {
  document: ({ docHash }) => docHash,
  'prompt and target': ({ promptHash, targetHash }) => promptHash + targetHash,
};

/** Items that all columns have with a value of the metric, by whichever identity finds more; of equals by document. */
export function matchItems(columns: readonly (readonly ImportedItem[])[], key: string): Matched {
  const present = columns.map((items) => items.filter(({ values }) => values[key] !== undefined));
  const byDocument = matchBy('document', present);
  const byPrompt = byDocument.n < smallest(present) ? matchBy('prompt and target', present) : byDocument;
  const { by, n, items } = byPrompt.n > byDocument.n ? byPrompt : byDocument;
  return {
    pairing: { n, by, leftOut: columns.map(({ length }) => length - n) },
    items,
    values: items.map((column) => column.map(({ values }) => values[key] ?? NaN)),
  };
}

function smallest(columns: readonly (readonly unknown[])[]): number {
  return Math.min(...columns.map(({ length }) => length));
}

function matchBy(
  by: Pairing['by'],
  columns: readonly (readonly ImportedItem[])[],
): { readonly by: Pairing['by']; readonly n: number; readonly items: readonly (readonly ImportedItem[])[] } {
  const [first = new Map<string, ImportedItem>(), ...others] = columns.map((items) =>
    identified(items, IDENTITIES[by]),
  );
  const shared = [...first.keys()].filter((name) => others.every((other) => other.has(name)));
  const items = [first, ...others].map((column) => shared.flatMap((name) => column.get(name) ?? []));
  return { by, n: shared.length, items };
}

/** Splits hold the same document more than once: the k-th of one column is the k-th of the other. */
function identified(items: readonly ImportedItem[], identity: Identity): Map<string, ImportedItem> {
  const counts = new Map<string, number>();
  return new Map(
    items.map((item) => {
      const name = identity(item);
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      return [`${name} ${count}`, item];
    }),
  );
}
