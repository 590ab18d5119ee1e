import { joinTexts, type Budget } from './budget.ts';
import { isDict, isList, PyFloat, PyTuple, PythonError, Undefined, undefinedError, type Value } from './values.ts';

/**
 * Python's `str()`, which is what a template prints.
 *
 * @param budget of a template: what is no template's may be as large as its file
 * @throws PythonError for an undefined value
 */
export function str(value: Value, budget?: Budget): string {
  if (value instanceof Undefined && value.lenient) return '';
  return typeof value === 'string' ? value : repr(value, budget);
}

/** Python's `repr()`, of the values that `ast.literal_eval` can read back, and of no others. */
export function repr(value: Value, budget?: Budget): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return reprText(value, budget);
  if (value instanceof PyFloat) return reprFloat(value.value);
  if (value instanceof Undefined) throw undefinedError(value);
  const write = (): string => reprContainer(value, budget);
  return budget ? budget.nested(write) : write();
}

function reprContainer(value: Value, budget: Budget | undefined): string {
  if (value instanceof PyTuple) {
    const items = reprItems(value.items, budget);
    return value.items.length === 1 ? `(${items},)` : `(${items})`;
  }
  if (isList(value)) return `[${reprItems(value, budget)}]`;
  if (!isDict(value)) throw new PythonError('a function or a namespace cannot be printed');
  budget?.items(value.size);
  const entries = Array.from(value, ([key, of]) => `${repr(key, budget)}: ${repr(of, budget)}`);
  return `{${joinTexts(entries, ', ', budget)}}`;
}

function reprItems(items: readonly Value[], budget: Budget | undefined): string {
  budget?.items(items.length);
  return joinTexts(
    items.map((item) => repr(item, budget)),
    ', ',
    budget,
  );
}

/** The shortest digits that read back, as in JavaScript; exponents where Python writes them (`float_repr_style` short). */
export function reprFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16))
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** What `str.isprintable` says no to. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/u;

/** An escape is up to ten characters. */
const WORK_OF_REPR = 6;

function reprText(text: string, budget: Budget | undefined): string {
  budget?.look(text.length * WORK_OF_REPR);
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let inside = '';
  for (const point of text) {
    if (point === quote) inside += `\\${point}`;
    else if (point !== ' ' && UNPRINTABLE.test(point)) inside += ESCAPES[point] ?? escaped(point.codePointAt(0) ?? 0);
    else inside += ESCAPES[point] ?? point;
  }
  return quote + inside + quote;
}

function escaped(code: number): string {
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
