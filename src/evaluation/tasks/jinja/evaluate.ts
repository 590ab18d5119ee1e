import { str } from '../python/repr.ts';
import {
  isTrue,
  numberOf,
  PyFloat,
  PyFunction,
  PythonError,
  PyTuple,
  typeName,
  Undefined,
  undefinedError,
  type Value,
} from '../python/values.ts';
import { attribute, slice, subscript } from './access.ts';
import type { Arguments, Expression } from './ast.ts';
import { runFilter } from './filters.ts';
import { arithmetic, compare, concatenate } from './operators.ts';
import type { Scope } from './scope.ts';
import { TemplateError } from './templateError.ts';
import { runTest } from './tests.ts';

/** The value of an expression. @throws TemplateError with the line of what cannot be computed */
export function evaluate(expression: Expression, scope: Scope): Value {
  try {
    return scope.budget.evaluation(() => compute(expression, scope));
  } catch (error) {
    if (error instanceof PythonError) throw new TemplateError(error.message, expression.line, error.variable);
    throw error;
  }
}

function compute(expression: Expression, scope: Scope): Value {
  const { budget } = scope;
  const of = (inner: Expression): Value => evaluate(inner, scope);
  switch (expression.kind) {
    case 'constant':
      return expression.value;
    case 'name':
      return scope.get(expression.name);
    case 'list':
      return expression.items.map(of);
    case 'tuple':
      return new PyTuple(expression.items.map(of));
    case 'dict':
      return new Map(expression.entries.map(([key, value]) => [hashable(of(key)), of(value)]));
    case 'attribute':
      return attribute(of(expression.object), expression.name, budget);
    case 'subscript':
      if (expression.index.kind === 'slice')
        return slice(
          of(expression.object),
          expression.index.bounds.map((bound) => bound && of(bound)),
          budget,
        );
      return subscript(of(expression.object), of(expression.index), budget);
    case 'slice':
      throw new PythonError('a slice stands where none can be');
    case 'call':
      return call(of(expression.callee), expression.args, scope);
    case 'filter': {
      const { positional, named } = values(expression.args, scope);
      return runFilter(expression.name, of(expression.operand), positional, named, budget);
    }
    case 'test':
      return runTest(expression.name, of(expression.operand), values(expression.args, scope).positional, budget);
    case 'not':
      return !isTrue(of(expression.operand));
    case 'negative':
    case 'positive':
      return signed(of(expression.operand), expression.kind === 'negative');
    case 'and':
    case 'or': {
      const left = of(expression.left);
      return isTrue(left) === (expression.kind === 'and') ? of(expression.right) : left;
    }
    case 'arithmetic':
      return arithmetic(expression.operator, of(expression.left), of(expression.right), budget);
    case 'concatenation':
      return concatenate(expression.parts.map(of), budget);
    case 'comparison':
      return comparison(expression, scope);
    case 'conditional':
      if (isTrue(of(expression.test))) return of(expression.then);
      return expression.otherwise === undefined
        ? new Undefined('an if without an else was false', undefined, true)
        : of(expression.otherwise);
  }
}

/** Chained, as in Python: a < b < c. */
function comparison({ first, rest }: Extract<Expression, { kind: 'comparison' }>, scope: Scope): boolean {
  let left = evaluate(first, scope);
  for (const [operator, operand] of rest) {
    const right = evaluate(operand, scope);
    if (!compare(operator, left, right, scope.budget)) return false;
    left = right;
  }
  return true;
}

function hashable(key: Value): Value {
  if (key instanceof Undefined) throw undefinedError(key);
  if (key instanceof PyFloat) return Number.isInteger(key.value) ? key.value : key;
  if (typeof key === 'object' && key !== null) throw new PythonError(`a ${typeName(key)} cannot be a key`);
  return key;
}

function signed(value: Value, negative: boolean): Value {
  const number = numberOf(value);
  if (value instanceof Undefined) throw undefinedError(value);
  if (number === undefined) throw new PythonError(`a value of the type ${typeName(value)} has no sign`);
  const result = negative ? -number : number;
  // Python's int has no negative zero.
  return value instanceof PyFloat ? new PyFloat(result) : result + 0;
}

function call(callee: Value, args: Arguments, scope: Scope): Value {
  if (callee instanceof Undefined) throw undefinedError(callee);
  if (!(callee instanceof PyFunction))
    throw new PythonError(`a value of the type ${typeName(callee)} cannot be called`);
  const { positional, named } = values(args, scope);
  return callee.call(positional, named, scope.budget);
}

function values(args: Arguments, scope: Scope): { positional: Value[]; named: Map<string, Value> } {
  return {
    positional: args.positional.map((each) => evaluate(each, scope)),
    named: new Map(args.named.map(([name, each]) => [name, evaluate(each, scope)])),
  };
}

export function text(expression: Expression, scope: Scope): string {
  const value = evaluate(expression, scope);
  try {
    const printed = str(value, scope.budget);
    scope.budget.text(printed.length);
    return printed;
  } catch (error) {
    if (error instanceof PythonError) throw new TemplateError(error.message, expression.line, error.variable);
    throw error;
  }
}
