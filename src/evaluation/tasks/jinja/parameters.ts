import { numberOf, PyFloat, PythonError, typeName, Undefined, undefinedError, type Value } from '../python/values.ts';

/** The arguments of a call by the parameters' names. */
export interface Parameters {
  has(name: string): boolean;
  value(name: string): Value;
  text(name: string): string;
  text<T>(name: string, otherwise: T): string | T;
  /** A whole number. */
  number(name: string, otherwise: number): number;
  flag(name: string): boolean;
}

/** @throws PythonError for arguments that the function does not have */
export function readParameters(
  of: string,
  names: readonly string[],
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
): Parameters {
  const given = new Map<string, Value>();
  for (const [i, value] of positional.entries()) {
    const name = names[i];
    if (name === undefined) throw new PythonError(`${of} takes at most ${names.length} arguments`);
    given.set(name, value);
  }
  for (const [name, value] of named) {
    if (!names.includes(name) || given.has(name)) throw new PythonError(`${of} cannot take the argument ${name}`);
    given.set(name, value);
  }
  const value = (name: string): Value => {
    const found = given.get(name);
    if (found === undefined) throw new PythonError(`${of} lacks its argument ${name}`);
    if (found instanceof Undefined) throw undefinedError(found);
    return found;
  };
  return {
    has: (name) => given.has(name),
    value,
    text: <T>(name: string, ...otherwise: readonly T[]) => {
      if (otherwise.length > 0 && (!given.has(name) || given.get(name) === null)) return otherwise[0] as T;
      const found = value(name);
      if (typeof found === 'string') return found;
      throw new PythonError(`${of}: ${name} must be a text and is ${typeName(found)}`);
    },
    number: (name, otherwise) => {
      if (!given.has(name) || given.get(name) === null) return otherwise;
      const found = value(name);
      const number = found instanceof PyFloat ? undefined : numberOf(found);
      if (number === undefined)
        throw new PythonError(`${of}: ${name} must be a whole number and is ${typeName(found)}`);
      return number;
    },
    flag: (name) => given.has(name) && value(name) !== false,
  };
}
