import { InputError } from '../../../base/errors.ts';
import { render } from '../jinja/render.ts';
import { TemplateError } from '../jinja/templateError.ts';
import { literalEval } from '../python/literal.ts';
import { str } from '../python/repr.ts';
import { isDigits } from '../python/text.ts';
import { isList, PyFloat, PythonError, PyTuple, shortened, typeName, written, type Value } from '../python/values.ts';
import { MAX_CHOICES, type ChoicesField, type Field, type Task } from '../task.ts';
import type { Item } from '../../types.ts';
import type { PreparedDocument } from './documents.ts';

/** A document together with what its task's fields are read by. */
export interface Reading {
  readonly task: Task;
  readonly document: PreparedDocument;
  /** The columns of the split that is evaluated: a field of that name is the column, every other one a template. */
  readonly features: ReadonlySet<string>;
}

/** lm-eval's `doc_to_text` (api/task.py): a text, or of several contexts the number of the right one. */
export function textOf(reading: Reading, key: string, field: Field | undefined): string | number {
  if (field === undefined) throw new InputError(`${reading.document.place}: the task has no ${key}.`);
  if (typeof field === 'number') return field;
  if (!reading.features.has(field)) return numberOrText(reading, key, rendered(reading, key, field));
  const value = column(reading, key, field);
  if (typeof value === 'string' || typeof value === 'number') return value;
  return typeof value === 'boolean' ? Number(value) : wrongType(reading, key, value, 'a text');
}

/** lm-eval's `doc_to_target`. */
export function targetOf(reading: Reading, key: string, field: Field | readonly Field[] | undefined): Value {
  if (field === undefined) throw new InputError(`${reading.document.place}: the task has no ${key}.`);
  if (typeof field !== 'string') return field;
  if (reading.features.has(field)) return column(reading, key, field);
  const text = rendered(reading, key, field);
  if (text.length < 2 || !text.startsWith('[') || !text.endsWith(']')) return numberOrText(reading, key, text);
  try {
    return literalEval(text);
  } catch (error) {
    if (error instanceof PythonError) return text;
    throw error;
  }
}

/** lm-eval's `doc_to_choice`. */
export function choicesOf(reading: Reading, key: string, field: ChoicesField | undefined): readonly string[] {
  if (field === undefined) return [];
  if (typeof field !== 'string') return field;
  const value = reading.features.has(field)
    ? column(reading, key, field)
    : literal(reading, key, rendered(reading, key, field));
  const items = value instanceof PyTuple ? value.items : value;
  if (!isList(items)) return wrongType(reading, key, value, 'a list of texts');
  if (items.length > MAX_CHOICES)
    throw new InputError(`${reading.document.place}: ${key} gives more than ${MAX_CHOICES} choices.`);
  return items.map((item) => (typeof item === 'string' ? item : wrongType(reading, key, item, 'a text in its list')));
}

/** lm-eval's multiple_input: doc_to_text gives the number of the right context, and doc_to_choice the contexts. */
export function hasSeveralContexts(reading: Reading): boolean {
  const { task } = reading;
  if (task.outputType !== 'multiple_choice') return false;
  return typeof textOf(reading, 'doc_to_text', task.docToText) === 'number';
}

/** A description or a prefix: the column of that name, or a template. */
export function plainText(reading: Reading, key: string, field: string | undefined): string {
  if (field === undefined || field === '') return '';
  if (!reading.document.columns.has(field)) return rendered(reading, key, field);
  const value = column(reading, key, field);
  return typeof value === 'string' ? value : wrongType(reading, key, value, 'a text');
}

/** A target as an item keeps it, and as lm-eval writes it into its samples. */
export function targetForItem(reading: Reading, value: Value): Item['target'] {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (value instanceof PyFloat) return value.value;
  if (typeof value === 'boolean') return reading.task.outputType === 'multiple_choice' ? Number(value) : str(value);
  if (isList(value) && value.every((each) => typeof each === 'number')) return value;
  if (isList(value) && value.every((each) => typeof each === 'string')) return str(value);
  return wrongType(reading, 'doc_to_target', value, 'a text, a number, or a list of one of them');
}

/** `isdigit`, then `ast.literal_eval`, wherever there are choices that a number could count. */
function numberOrText(reading: Reading, key: string, text: string): string | number {
  if (reading.task.docToChoice === undefined || !isDigits(text)) return text;
  const value = literal(reading, key, text);
  return typeof value === 'number' ? value : wrongType(reading, key, value, 'a number that is not that large');
}

function column(reading: Reading, key: string, name: string): Value {
  const value = reading.document.columns.get(name);
  if (value === undefined)
    throw new InputError(`${reading.document.place}: ${key} is the column ${name}, ${columnsOf(reading)}.`);
  return value;
}

function rendered(reading: Reading, key: string, template: string): string {
  const { document } = reading;
  try {
    return render(template, document.columns);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const missing =
      error.missing === undefined ? error.message : `${written(error.missing)} is no column, ${columnsOf(reading)}`;
    throw new InputError(`${document.place}: ${key}, line ${error.line} of the template: ${missing}.`);
  }
}

function columnsOf({ document }: Reading): string {
  return `and the document has ${shortened(Array.from(document.columns.keys()).join(', ')) || 'none'}`;
}

function literal(reading: Reading, key: string, text: string): Value {
  try {
    return literalEval(text);
  } catch (error) {
    if (error instanceof PythonError) throw new InputError(`${reading.document.place}: ${key}: ${error.message}.`);
    throw error;
  }
}

function wrongType(reading: Reading, key: string, value: Value, wanted: string): never {
  const found = value === null ? 'nothing (null)' : `of the type ${typeName(value)}`;
  throw new InputError(`${reading.document.place}: ${key} must be ${wanted} and is ${found}.`);
}
