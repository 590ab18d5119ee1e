import { numberOf, PyFloat, PythonError, typeName, type Value } from '../python/values.ts';
import { strip } from '../python/text.ts';
import type { Parameters } from './parameters.ts';

/** No digit can belong to two parts: a long number that is none would take time in its length squared. */
const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;

/** `int(value)`, of a text its number, else `int(float(value))`, else the default. */
export function toInteger(value: Value, p: Parameters): Value {
  const number = numberOf(value);
  if (number !== undefined) return Number.isFinite(number) ? Math.trunc(number) : p.number('default', 0);
  const digits = typeof value === 'string' ? strip(value).replaceAll(/(?<=\d)_(?=\d)/g, '') : '';
  const base = p.number('base', 10);
  if (base !== 10) {
    const parsed = parseInt(digits, base);
    return Number.isNaN(parsed) ? p.number('default', 0) : parsed;
  }
  const parsed = NUMBER.test(digits) ? Math.trunc(Number(digits)) : NaN;
  return Number.isSafeInteger(parsed) ? parsed : p.number('default', 0);
}

export function toFloat(value: Value, p: Parameters): Value {
  const number = numberOf(value);
  if (number !== undefined) return new PyFloat(number);
  const digits = typeof value === 'string' ? strip(value) : '';
  if (NUMBER.test(digits)) return new PyFloat(Number(digits));
  return p.has('default') ? p.value('default') : new PyFloat(0);
}

export function absolute(value: Value): Value {
  const number = numberOf(value);
  if (number === undefined) return notNumber('abs', value);
  return value instanceof PyFloat ? new PyFloat(Math.abs(number)) : Math.abs(number);
}

/** `round` of Python. */
export function rounded(value: Value, p: Parameters): Value {
  const number = numberOf(value);
  if (number === undefined) return notNumber('round', value);
  const method = p.text('method', 'common');
  const precision = p.number('precision', 0);
  const scale = 10 ** precision;
  if (method === 'ceil' || method === 'floor') return new PyFloat(Math[method](number * scale) / scale);
  if (!(value instanceof PyFloat)) return precision >= 0 ? number : Math.round(number * scale) / scale;
  return new PyFloat(
    precision >= 0 ? Math.sign(number) * nearest(Math.abs(number), precision) : Math.round(number * scale) / scale,
  );
}

/** To so many decimals of the number's exact value; halves go to the even neighbour. */
function nearest(number: number, decimals: number): number {
  const places = Math.min(decimals, 50);
  const exact = number.toFixed(100);
  const cut = exact.length - 100 + places;
  const isHalf = /^50*$/.test(exact.slice(cut));
  return Number(isHalf && /[02468]\.?$/.test(exact.slice(0, cut)) ? exact.slice(0, cut) : number.toFixed(places));
}

function notNumber(name: string, value: Value): never {
  throw new PythonError(`the filter ${name} cannot take a value of the type ${typeName(value)}`);
}
