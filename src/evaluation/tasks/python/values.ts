import type { Budget } from './budget.ts';

/**
 * Python's values as templates see them. Text, None, True and False are JavaScript's own; a number is an int, a float has
 * its own class, because `1` and `1.0` print differently; a list is an array, a dict a Map.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | PyFloat
  | PyTuple
  | Undefined
  | PyFunction
  | Namespace
  | readonly Value[]
  | Dict;

export type Dict = ReadonlyMap<Value, Value>;

export class PyFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export class PyTuple {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** Jinja's `namespace()`: what a loop may assign to. */
export class Namespace {
  readonly entries: Map<string, Value>;

  constructor(entries: Map<string, Value>) {
    this.entries = entries;
  }
}

/** What a name or a key stands for that does not exist (jinja2.StrictUndefined). */
export class Undefined {
  /** "'premise' is undefined". */
  readonly reason: string;
  /** The name, where it is that of a variable. */
  readonly variable: string | undefined;
  /** Prints as nothing: what an `if` without an `else` is where it is false (jinja2.Undefined). */
  readonly lenient: boolean;

  constructor(reason: string, variable?: string, lenient = false) {
    this.reason = reason;
    this.variable = variable;
    this.lenient = lenient;
  }
}

export class PyFunction {
  readonly call: Call;

  constructor(call: Call) {
    this.call = call;
  }
}

export type Call = (positional: readonly Value[], named: ReadonlyMap<string, Value>, budget: Budget) => Value;

/** What Python would raise: the message alone; whoever knows the place adds it. */
export class PythonError extends Error {
  override readonly name = 'PythonError';
  /** The variable that does not exist, if that is the reason. */
  readonly variable: string | undefined;

  constructor(message: string, variable?: string) {
    super(message);
    this.variable = variable;
  }
}

/** The value, None included, or what stands for its absence. */
export function otherwise(value: Value | undefined, reason: string, variable?: string): Value {
  return value === undefined ? new Undefined(reason, variable) : value;
}

function raise(value: Undefined): never {
  throw undefinedError(value);
}

/** StrictUndefined: whatever is done with it but asking whether it is defined raises this. */
export function undefinedError({ reason, variable }: Undefined): PythonError {
  return new PythonError(reason, variable);
}

export function isDict(value: Value): value is Dict {
  return value instanceof Map;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || typeof value === 'bigint') return 'int';
  if (typeof value === 'string') return 'str';
  if (value instanceof PyFloat) return 'float';
  if (value instanceof PyTuple) return 'tuple';
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof PyFunction) return 'function';
  if (value instanceof Namespace) return 'Namespace';
  return isDict(value) ? 'dict' : 'list';
}

const MAX_DEPTH = 200;

/**
 * What a data file holds, as `datasets` would give it: whole numbers are ints, all others floats.
 *
 * @throws PythonError for what is no data, or nested without end
 */
export function toValue(data: unknown, depth = 0): Value {
  if (depth > MAX_DEPTH) throw new PythonError(`it is nested more than ${MAX_DEPTH} deep`);
  const inner = (part: unknown): Value => toValue(part, depth + 1);
  if (data === null || data === undefined) return null;
  if (typeof data === 'number') return Number.isInteger(data) ? data : new PyFloat(data);
  if (typeof data === 'bigint') return Number.isSafeInteger(Number(data)) ? Number(data) : data;
  if (typeof data === 'string' || typeof data === 'boolean') return data;
  if (Array.isArray(data)) return data.map(inner);
  if (data instanceof Map) return new Map(Array.from(data, ([key, value]) => [inner(key), inner(value)]));
  if (typeof data === 'object' && Object.getPrototypeOf(data) === Object.prototype)
    return new Map(Object.entries(data).map(([key, value]) => [key, inner(value)]));
  throw new PythonError(`a value of the kind ${Object.prototype.toString.call(data).slice(8, -1)} cannot be used`);
}

/** Whether `toValue` would refuse it, without making anything of it. */
export function isTooDeep(data: unknown, depth = 0): boolean {
  if (typeof data !== 'object' || data === null) return false;
  return depth >= MAX_DEPTH || Object.values(data).some((inner) => isTooDeep(inner, depth + 1));
}

const MAX_MESSAGE = 300;
const KEPT_END = 80;

/** A message, which may name what a stranger's file has at any length: the reason mostly stands at its end. */
export function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE) return message;
  return `${message.slice(0, MAX_MESSAGE - KEPT_END)}…${message.slice(-KEPT_END)}`;
}

/** For messages, cut where it is long. */
export function written(data: unknown): string {
  const text: unknown = typeof data === 'bigint' ? String(data) : JSON.stringify(data);
  return typeof text === 'string' ? text.slice(0, 80) : 'nothing';
}

/** @throws PythonError for an undefined value */
export function isTrue(value: Value): boolean {
  if (value instanceof Undefined) return !value.lenient && raise(value);
  if (value === null) return false;
  if (typeof value === 'object') {
    if (value instanceof PyFloat) return value.value !== 0;
    if (value instanceof PyTuple) return value.items.length > 0;
    if (isList(value)) return value.length > 0;
    return !isDict(value) || value.size > 0;
  }
  return Boolean(value);
}

/** The number that an int, a float or a bool is. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  return value instanceof PyFloat ? value.value : undefined;
}
