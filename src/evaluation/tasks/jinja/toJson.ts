import { joinTexts, type Budget } from '../python/budget.ts';
import { isDict, isList, PyFloat, PythonError, PyTuple, typeName, type Value } from '../python/values.ts';
import { reprFloat, str } from '../python/repr.ts';
import { order } from './operators.ts';

/** Jinja's `tojson`: `json.dumps(value, sort_keys=True)` with <, >, & and ' escaped (jinja2/utils.py, htmlsafe_json_dumps). */
export function toJson(value: Value, budget: Budget): string {
  const json = dump(value, budget);
  const escapes = json.split(HTML).length - 1;
  budget.text(json.length + escapes * (ESCAPE_LENGTH - 1));
  return json.replace(HTML, (character) => `\\u${hex(character)}`);
}

const HTML = /[<>&']/g;
/** "\u0026" */
const ESCAPE_LENGTH = 6;

function dump(value: Value, budget: Budget): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return JSON.stringify(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return dumpText(value, budget);
  if (value instanceof PyFloat) return jsonFloat(value.value);
  return budget.nested(() => dumpContainer(value, budget));
}

function dumpText(text: string, budget: Budget): string {
  budget.look(text.length * ESCAPE_LENGTH);
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (character) =>
    character === '\x7f' ? character : `\\u${hex(character)}`,
  );
}

function dumpContainer(value: Value, budget: Budget): string {
  if (value instanceof PyTuple || isList(value)) {
    const items = value instanceof PyTuple ? value.items : value;
    budget.items(items.length);
    return `[${joinTexts(
      items.map((item) => dump(item, budget)),
      ', ',
      budget,
    )}]`;
  }
  if (!isDict(value)) throw new PythonError(`a value of the type ${typeName(value)} cannot be written as JSON`);
  budget.items(value.size);
  const entries = Array.from(value).sort(([a], [b]) => order(a, b, budget));
  const texts = entries.map(
    ([key, of]) => `${dump(typeof key === 'string' ? key : str(key, budget), budget)}: ${dump(of, budget)}`,
  );
  return `{${joinTexts(texts, ', ', budget)}}`;
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? reprFloat(value) : value > 0 ? 'Infinity' : '-Infinity';
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}
