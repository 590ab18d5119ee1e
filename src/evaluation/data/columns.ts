import { InputError } from '../../base/errors.ts';
import type { Document } from '../types.ts';

/** Of all rows together: nobody's data, but lines of unrelated objects would otherwise square the memory. */
const MAX_CELLS = 200_000_000;

/**
 * Every document with every column, in the order in which they first appear: what a row lacks is null, as in the table
 * that `datasets` makes of JSON. Inside values nothing is filled in.
 */
export function withSameColumns(documents: Document[], path: string): Document[] {
  const found = new Set<string>();
  for (const document of documents) for (const key of Object.keys(document)) found.add(key);
  const columns = [...found];
  if (documents.every((document) => hasColumns(document, columns))) return documents;
  if (columns.length * documents.length > MAX_CELLS)
    throw new InputError(`${path}: its documents have ${columns.length} different keys, too many for one table.`);
  return documents.map((document) =>
    Object.fromEntries(columns.map((name) => [name, Object.hasOwn(document, name) ? document[name] : null])),
  );
}

function hasColumns(document: Document, columns: readonly string[]): boolean {
  const keys = Object.keys(document);
  return keys.length === columns.length && keys.every((key, i) => key === columns[i]);
}
