import type { Budget } from '../python/budget.ts';
import {
  isDict,
  isList,
  PyFloat,
  PyFunction,
  PythonError,
  PyTuple,
  Undefined,
  undefinedError,
  type Value,
} from '../python/values.ts';
import type { ComparisonOperator } from './ast.ts';
import { compare } from './operators.ts';

const COMPARISONS: Readonly<Record<string, ComparisonOperator>> = {
  eq: '==',
  equalto: '==',
  '==': '==',
  ne: '!=',
  lt: '<',
  lessthan: '<',
  le: '<=',
  gt: '>',
  greaterthan: '>',
  ge: '>=',
  in: 'in',
};

/** What `is` asks (jinja2/tests.py). @throws PythonError for a test that is not known or cannot be asked of the value */
export function runTest(name: string, value: Value, args: readonly Value[], budget: Budget): boolean {
  const operator = Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined;
  if (operator !== undefined) return compare(operator, value, argument(name, args), budget);
  const isInteger = typeof value === 'number' || typeof value === 'bigint';
  switch (name) {
    case 'defined':
      return !(value instanceof Undefined);
    case 'undefined':
      return value instanceof Undefined;
    case 'none':
      return value === null;
    case 'true':
      return value === true;
    case 'false':
      return value === false;
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return isInteger;
    case 'float':
      return value instanceof PyFloat;
    case 'number':
      return isInteger || value instanceof PyFloat || typeof value === 'boolean';
    case 'mapping':
      return isDict(value);
    case 'sequence':
      return typeof value === 'string' || isDict(value) || isList(value) || value instanceof PyTuple;
    case 'iterable':
      return runTest('sequence', defined(value), [], budget);
    case 'callable':
      return value instanceof PyFunction;
    case 'sameas':
      return value === argument(name, args);
    case 'odd':
      return remainder(name, value, 2) !== 0;
    case 'even':
      return remainder(name, value, 2) === 0;
    case 'divisibleby':
      return remainder(name, value, argument(name, args)) === 0;
    case 'lower':
    case 'upper': {
      const text = typeof value === 'string' ? value : '';
      budget.look(text.length);
      return /\p{L}/u.test(text) && text === (name === 'lower' ? text.toLowerCase() : text.toUpperCase());
    }
    default:
      throw new PythonError(`the test "is ${name}" is not supported`);
  }
}

function defined(value: Value): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  return value;
}

function argument(name: string, args: readonly Value[]): Value {
  const [first] = args;
  if (first === undefined) throw new PythonError(`the test "is ${name}" lacks what to compare with`);
  return first;
}

function remainder(name: string, value: Value, by: Value): number {
  if (typeof value === 'number' && typeof by === 'number' && by !== 0) return value - by * Math.floor(value / by);
  defined(value);
  throw new PythonError(`the test "is ${name}" needs whole numbers`);
}
