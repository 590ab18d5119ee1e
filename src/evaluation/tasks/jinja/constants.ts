import { PyFloat, type Value } from '../python/values.ts';
import type { Expression } from './ast.ts';
import { TemplateError } from './templateError.ts';
import type { TokenReader } from './tokenReader.ts';

const CONSTANTS: ReadonlyMap<string, Value> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

/** A literal or a name, if that is next. */
export function parseConstant(reader: TokenReader): Expression | undefined {
  const token = reader.peek();
  if (token === undefined) return undefined;
  const { kind, line } = token;
  switch (kind) {
    case 'name': {
      const name = reader.expect('name').value;
      const constant = CONSTANTS.get(name);
      return constant === undefined ? { kind: 'name', name, line } : { kind: 'constant', value: constant, line };
    }
    case 'string': {
      let value = '';
      while (reader.is('string')) value += reader.expect('string').value;
      return { kind: 'constant', value, line };
    }
    case 'integer':
    case 'float':
      return { kind: 'constant', value: numberFrom(reader.expect(kind).value, kind, line), line };
    default:
      return undefined;
  }
}

function numberFrom(written: string, kind: 'integer' | 'float', line: number): Value {
  const value = Number(written.replaceAll('_', ''));
  if (kind === 'float') return new PyFloat(value);
  if (!Number.isSafeInteger(value)) throw new TemplateError(`the number ${written} is too large`, line);
  return value;
}
