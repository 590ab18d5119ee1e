import { InputError } from '../../../base/errors.ts';
import type { Document } from '../../types.ts';
import { PythonError, shortened, toValue, written, type Value } from '../python/values.ts';
import type { Task } from '../task.ts';
import { formed } from './forms.ts';

/** A document with the columns of its task's definition, as templates see it. */
export interface PreparedDocument {
  /** "gsm8k, document 3 (counted from 0)" */
  readonly place: string;
  readonly columns: ReadonlyMap<string, Value>;
}

/**
 * Columns under the names of the definition, labels as its numbers, and its form. Other columns stay as they are.
 *
 * @throws InputError if two columns could be meant, or a label is not known
 */
export function prepare(task: Task, document: Document, place: string): PreparedDocument {
  const columns: Record<string, unknown> = { ...document };
  for (const [name, alternatives] of Object.entries(task.columns)) rename(columns, name, alternatives, place);
  for (const [name, labels] of Object.entries(task.labels)) {
    if (!Object.hasOwn(columns, name)) throw noColumn(task, name, document, place);
    columns[name] = labelled(columns[name], name, labels, place);
  }
  const shaped = task.form === undefined ? columns : formed(task.form, columns, place);
  try {
    return { place, columns: new Map(Object.entries(shaped).map(([name, value]) => [name, toValue(value)])) };
  } catch (error) {
    if (error instanceof PythonError) throw new InputError(`${place}: ${error.message}.`);
    throw error;
  }
}

/** The definition's own name first, then the only one of the alternatives that is there. */
function rename(columns: Record<string, unknown>, name: string, alternatives: readonly string[], place: string): void {
  if (Object.hasOwn(columns, name)) return;
  const found = alternatives.filter((each) => Object.hasOwn(columns, each));
  const [only] = found;
  if (found.length > 1)
    throw new InputError(
      `${place}: the columns ${found.join(' and ')} could both be the task's ${name}.`,
      `Rename the right one to ${name}.`,
    );
  if (only !== undefined) columns[name] = columns[only];
}

function noColumn(task: Task, name: string, document: Document, place: string): InputError {
  const names = [name, ...(task.columns[name] ?? [])].join(' or ');
  return new InputError(
    `${place}: there is no column ${names} (there are ${shortened(Object.keys(document).join(', '))}).`,
  );
}

function labelled(value: unknown, name: string, labels: Readonly<Record<string, number>>, place: string): number {
  const numbers = Object.values(labels);
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && numbers.includes(number)) return number;
  const text = typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
  const label = text !== undefined && Object.hasOwn(labels, text) ? labels[text] : undefined;
  if (label !== undefined) return label;
  const known = Object.entries(labels).map(([each, of]) => `${each} (${of})`);
  throw new InputError(
    `${place}: the ${name} ${written(value)} is not known; known are ${shortened(known.join(', '))}.`,
    value === -1 ? 'A label of -1 means that the answers of this split were never published.' : undefined,
  );
}
