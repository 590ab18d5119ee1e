import { str } from '../python/repr.ts';
import { points } from '../python/text.ts';
import {
  equal,
  isDict,
  isList,
  numberOf,
  PyFloat,
  PythonError,
  PyTuple,
  typeName,
  Undefined,
  undefinedError,
  type Value,
} from '../python/values.ts';
import type { ArithmeticOperator, ComparisonOperator } from './ast.ts';
import { bounded } from './limits.ts';

/** Python's arithmetic. @throws PythonError */
export function arithmetic(operator: ArithmeticOperator, left: Value, right: Value): Value {
  for (const side of [left, right]) if (side instanceof Undefined) throw undefinedError(side);
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) return calculate(operator, a, b, [left, right].some(isFloat));
  const made = operator === '+' ? joined(left, right) : operator === '*' ? repeated(left, right) : undefined;
  if (made !== undefined) return made;
  throw new PythonError(`unsupported operand types for ${operator}: ${typeName(left)} and ${typeName(right)}`);
}

function isFloat(value: Value): boolean {
  return value instanceof PyFloat;
}

function calculate(operator: ArithmeticOperator, a: number, b: number, float: boolean): Value {
  if (b === 0 && (operator === '/' || operator === '//' || operator === '%')) throw new PythonError('division by zero');
  const results: Record<ArithmeticOperator, () => number> = {
    '+': () => a + b,
    '-': () => a - b,
    '*': () => a * b,
    '/': () => a / b,
    '//': () => Math.floor(a / b),
    '%': () => a - b * Math.floor(a / b),
    '**': () => a ** b,
  };
  const result = results[operator]();
  if (float || operator === '/' || (operator === '**' && b < 0)) return new PyFloat(result);
  if (!Number.isSafeInteger(result)) throw new PythonError(`${a} ${operator} ${b} is too large`);
  return result;
}

function joined(left: Value, right: Value): Value | undefined {
  if (typeof left === 'string' && typeof right === 'string') {
    bounded(left.length + right.length);
    return left + right;
  }
  if (isList(left) && isList(right)) return [...left, ...right];
  if (left instanceof PyTuple && right instanceof PyTuple) return new PyTuple([...left.items, ...right.items]);
  return undefined;
}

function repeated(left: Value, right: Value): Value | undefined {
  const [items, times] = typeof left === 'number' ? [right, left] : [left, right];
  if (typeof times !== 'number') return undefined;
  const count = Math.max(0, times);
  if (typeof items === 'string') {
    bounded(items.length * count);
    return items.repeat(count);
  }
  const list = items instanceof PyTuple ? items.items : items;
  if (!isList(list)) return undefined;
  bounded(list.length * count);
  const many = Array.from({ length: count }, () => list).flat();
  return items instanceof PyTuple ? new PyTuple(many) : many;
}

/** Python's comparisons. @throws PythonError */
export function compare(operator: ComparisonOperator, left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case 'in':
      return contains(right, left);
    case 'not in':
      return !contains(right, left);
    case '<':
      return order(left, right) < 0;
    case '<=':
      return order(left, right) <= 0;
    case '>':
      return order(left, right) > 0;
    case '>=':
      return order(left, right) >= 0;
  }
}

function contains(container: Value, item: Value): boolean {
  if (typeof container === 'string' && typeof item === 'string') return container.includes(item);
  if (typeof container === 'string') throw new PythonError(`a text contains texts and no ${typeName(item)}`);
  return iterate(container).some((each) => equal(each, item));
}

/** Less than, equal to or greater than 0. @throws PythonError where Python has no order */
export function order(a: Value, b: Value): number {
  for (const side of [a, b]) if (side instanceof Undefined) throw undefinedError(side);
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x === y ? 0 : x < y ? -1 : x > y ? 1 : NaN;
  if (typeof a === 'string' && typeof b === 'string') return orderTexts(a, b);
  const [left, right] = a instanceof PyTuple && b instanceof PyTuple ? [a.items, b.items] : [a, b];
  if (!isList(left) || !isList(right))
    throw new PythonError(`${typeName(a)} and ${typeName(b)} have no order between them`);
  for (const [i, item] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (!equal(item, other)) return order(item, other);
  }
  return left.length - right.length;
}

/** By code points, not by JavaScript's halves of them. */
function orderTexts(a: string, b: string): number {
  const [left, right] = [points(a), points(b)];
  for (const [i, point] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (point !== other) return (point.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return left.length - right.length;
}

/** What a loop goes through: a list's items, a dict's keys, a text's characters. @throws PythonError */
export function iterate(value: Value): readonly Value[] {
  if (typeof value === 'string') return points(value);
  if (value instanceof PyTuple) return value.items;
  if (isList(value)) return value;
  if (isDict(value)) return Array.from(value.keys());
  if (value instanceof Undefined) {
    if (value.lenient) return [];
    throw undefinedError(value);
  }
  throw new PythonError(`a value of the type ${typeName(value)} cannot be gone through`);
}

/** Jinja's `~`. */
export function concatenate(parts: readonly Value[]): string {
  const text = parts.map(str).join('');
  bounded(text.length);
  return text;
}
