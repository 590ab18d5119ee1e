import { isDict, isList, PyFloat, PythonError, PyTuple, typeName, type Value } from '../python/values.ts';
import { reprFloat, str } from '../python/repr.ts';
import { order } from './operators.ts';

/** Jinja's `tojson`: `json.dumps(value, sort_keys=True)` with <, >, & and ' escaped (jinja2/utils.py, htmlsafe_json_dumps). */
export function toJson(value: Value): string {
  return dump(value).replace(/[<>&']/g, (character) => `\\u${hex(character)}`);
}

function dump(value: Value): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return JSON.stringify(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string')
    return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (character) =>
      character === '\x7f' ? character : `\\u${hex(character)}`,
    );
  if (value instanceof PyFloat) return jsonFloat(value.value);
  if (value instanceof PyTuple || isList(value))
    return `[${(value instanceof PyTuple ? value.items : value).map(dump).join(', ')}]`;
  if (!isDict(value)) throw new PythonError(`a value of the type ${typeName(value)} cannot be written as JSON`);
  const entries = Array.from(value).sort(([a], [b]) => order(a, b));
  return `{${entries.map(([key, of]) => `${dump(typeof key === 'string' ? key : str(key))}: ${dump(of)}`).join(', ')}}`;
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? reprFloat(value) : value > 0 ? 'Infinity' : '-Infinity';
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}
