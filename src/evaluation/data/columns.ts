import { InputError } from '../../base/errors.ts';
import type { Document } from '../types.ts';

/** Cells that are filled in, beyond so many for each that is written: lines of unrelated objects would square the memory. */
const MAX_FILLED = 1_000_000;
const FILLED_PER_WRITTEN = 10;

/**
 * Every document with every column, in the order in which they first appear: what a row lacks is null, as in the table
 * that `datasets` makes of JSON. Inside values nothing is filled in.
 */
export function withSameColumns(documents: Document[], path: string): Document[] {
  const found = new Set<string>();
  let written = 0;
  for (const document of documents)
    for (const key of Object.keys(document)) {
      found.add(key);
      written++;
    }
  const columns = [...found];
  if (documents.every((document) => hasColumns(document, columns))) return documents;
  if (columns.length * documents.length > FILLED_PER_WRITTEN * written + MAX_FILLED)
    throw new InputError(`${path}: its documents have ${columns.length} different keys, too many for one table.`);
  return documents.map((document) =>
    Object.fromEntries(columns.map((name) => [name, Object.hasOwn(document, name) ? document[name] : null])),
  );
}

function hasColumns(document: Document, columns: readonly string[]): boolean {
  const keys = Object.keys(document);
  return keys.length === columns.length && keys.every((key, i) => key === columns[i]);
}
