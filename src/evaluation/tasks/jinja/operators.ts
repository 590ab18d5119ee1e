import { joinTexts, type Budget } from '../python/budget.ts';
import { equal } from '../python/equal.ts';
import { str } from '../python/repr.ts';
import { firstOccurrence } from '../python/search.ts';
import { commonLength, orderTexts } from '../python/text.ts';
import {
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

/** Python's arithmetic. @throws PythonError */
export function arithmetic(operator: ArithmeticOperator, left: Value, right: Value, budget: Budget): Value {
  for (const side of [left, right]) if (side instanceof Undefined) throw undefinedError(side);
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) return calculate(operator, a, b, [left, right].some(isFloat));
  const made =
    operator === '+' ? joined(left, right, budget) : operator === '*' ? repeated(left, right, budget) : undefined;
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

function joined(left: Value, right: Value, budget: Budget): Value | undefined {
  if (typeof left === 'string' && typeof right === 'string') return joinTexts([left, right], '', budget);
  if (isList(left) && isList(right)) return chained(left, right, budget);
  if (left instanceof PyTuple && right instanceof PyTuple) return new PyTuple(chained(left.items, right.items, budget));
  return undefined;
}

function chained(left: readonly Value[], right: readonly Value[], budget: Budget): readonly Value[] {
  budget.items(left.length + right.length);
  return [...left, ...right];
}

function repeated(left: Value, right: Value, budget: Budget): Value | undefined {
  const [items, times] = typeof left === 'number' ? [right, left] : [left, right];
  if (typeof times !== 'number') return undefined;
  const count = Math.max(0, times);
  if (typeof items === 'string') {
    budget.text(items.length * count);
    return items.repeat(count);
  }
  const list = items instanceof PyTuple ? items.items : items;
  if (!isList(list)) return undefined;
  if (list.length === 0) return items;
  budget.items(list.length * count);
  const many = Array.from({ length: count }, () => list).flat();
  return items instanceof PyTuple ? new PyTuple(many) : many;
}

/** Python's comparisons. @throws PythonError */
export function compare(operator: ComparisonOperator, left: Value, right: Value, budget: Budget): boolean {
  switch (operator) {
    case '==':
      return equal(left, right, budget);
    case '!=':
      return !equal(left, right, budget);
    case 'in':
      return contains(right, left, budget);
    case 'not in':
      return !contains(right, left, budget);
    case '<':
      return order(left, right, budget) < 0;
    case '<=':
      return order(left, right, budget) <= 0;
    case '>':
      return order(left, right, budget) > 0;
    case '>=':
      return order(left, right, budget) >= 0;
  }
}

function contains(container: Value, item: Value, budget: Budget): boolean {
  if (typeof container === 'string' && typeof item === 'string') {
    budget.look(container.length + item.length);
    return firstOccurrence(container, item) >= 0;
  }
  if (typeof container === 'string') throw new PythonError(`a text contains texts and no ${typeName(item)}`);
  return iterate(container, budget).some((each) => equal(each, item, budget));
}

/** Less than, equal to or greater than 0. @throws PythonError where Python has no order */
export function order(a: Value, b: Value, budget: Budget): number {
  for (const side of [a, b]) if (side instanceof Undefined) throw undefinedError(side);
  budget.look(2);
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x === y ? 0 : x < y ? -1 : x > y ? 1 : NaN;
  if (typeof a === 'string' && typeof b === 'string') {
    budget.look(commonLength(a, b));
    return orderTexts(a, b);
  }
  const [left, right] = a instanceof PyTuple && b instanceof PyTuple ? [a.items, b.items] : [a, b];
  if (!isList(left) || !isList(right))
    throw new PythonError(`${typeName(a)} and ${typeName(b)} have no order between them`);
  return budget.nested(() => orderItems(left, right, budget));
}

function orderItems(left: readonly Value[], right: readonly Value[], budget: Budget): number {
  for (const [i, item] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (!equal(item, other, budget)) return order(item, other, budget);
  }
  return left.length - right.length;
}

/** What a loop goes through: a list's items, a dict's keys, a text's characters. @throws PythonError */
export function iterate(value: Value, budget: Budget): readonly Value[] {
  if (typeof value === 'string') return budget.collect(value);
  if (value instanceof PyTuple) return seen(value.items, budget);
  if (isList(value)) return seen(value, budget);
  if (isDict(value)) return budget.collect(value.keys());
  if (value instanceof Undefined) {
    if (value.lenient) return [];
    throw undefinedError(value);
  }
  throw new PythonError(`a value of the type ${typeName(value)} cannot be gone through`);
}

function seen(items: readonly Value[], budget: Budget): readonly Value[] {
  budget.look(items.length);
  return items;
}

/** Jinja's `~`. */
export function concatenate(parts: readonly Value[], budget: Budget): string {
  return joinTexts(
    parts.map((part) => str(part, budget)),
    '',
    budget,
  );
}
