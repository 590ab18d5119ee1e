import { unescapePython } from './escapes.ts';
import { PyFloat, PythonError, PyTuple, type Value } from './values.ts';

const MAX_DEPTH = 100;
const SKIPPED = /[ \t\r\n\f]*(?:#[^\n]*)?/y;
const STRING = /([rRuU]?)('''[^]*?(?<!\\)'''|"""[^]*?(?<!\\)"""|'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*")/y;
const FLOAT =
  /(?:[0-9](?:_?[0-9])*)?\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9]+)?|[0-9](?:_?[0-9])*(?:\.(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)/y;
const INTEGER = /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?[0-9])*|0(?:_?0)*/y;
const WORD = /True\b|False\b|None\b/y;

/**
 * Python's `ast.literal_eval`, of texts, numbers, True, False, None, lists, tuples and dicts: what lm-eval reads targets
 * and choices with that a template printed. No set and no bytes: neither is a list of choices.
 *
 * @throws PythonError if it is anything else
 */
export function literalEval(source: string): Value {
  const text = source.replace(/^[ \t]+/, '');
  let at = 0;
  let depth = 0;

  const fail = (): never => {
    throw new PythonError(`it is not a Python literal: ${JSON.stringify(source.slice(0, 80))}`);
  };
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return undefined;
    at += found[0].length;
    return found;
  };
  const skip = (): void => {
    for (let before = -1; before !== at;) {
      before = at;
      take(SKIPPED);
    }
  };
  const accept = (character: string): boolean => {
    skip();
    if (text[at] !== character) return false;
    at++;
    return true;
  };

  const sequence = (close: string): { items: Value[]; comma: boolean } => {
    const items: Value[] = [];
    let comma = false;
    while (!accept(close)) {
      if (items.length > 0 && !comma) fail();
      items.push(expression());
      comma = accept(',');
    }
    return { items, comma };
  };
  const dict = (): Value => {
    const entries = new Map<Value, Value>();
    for (let comma = true; !accept('}'); comma = accept(',')) {
      if (!comma) fail();
      const key = expression();
      if (typeof key === 'object' && key !== null) fail();
      if (!accept(':')) fail();
      entries.set(key, expression());
    }
    return entries;
  };
  const strings = (first: RegExpExecArray): string => {
    let joined = '';
    for (let part: RegExpExecArray | undefined = first; part !== undefined; skip(), part = take(STRING)) {
      const [, prefix = '', quoted = ''] = part;
      const quotes = quoted.startsWith('"""') || quoted.startsWith("'''") ? 3 : 1;
      const inside = quoted.slice(quotes, -quotes);
      joined += (/r/i.test(prefix) ? inside : unescapePython(inside)) ?? fail();
    }
    return joined;
  };
  const number = (): Value => {
    const float = take(FLOAT);
    if (float) return new PyFloat(Number(float[0].replaceAll('_', '')));
    const integer = take(INTEGER) ?? fail();
    if (/[\w.]/.test(text[at] ?? '')) fail();
    const value = BigInt(integer[0].replaceAll('_', ''));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  };
  const signed = (negative: boolean): Value => {
    skip();
    const value = number();
    if (!negative) return value;
    if (value instanceof PyFloat) return new PyFloat(-value.value);
    return typeof value === 'number' || typeof value === 'bigint' ? -value : fail();
  };
  const expression = (): Value => {
    if (++depth > MAX_DEPTH) fail();
    try {
      skip();
      if (accept('[')) return sequence(']').items;
      if (accept('{')) return dict();
      if (accept('(')) {
        const { items, comma } = sequence(')');
        return items.length === 1 && !comma ? (items[0] ?? null) : new PyTuple(items);
      }
      if (accept('-')) return signed(true);
      if (accept('+')) return signed(false);
      const text = take(STRING);
      if (text) return strings(text);
      const word = take(WORD);
      return word ? { True: true, False: false, None: null }[word[0] as 'True' | 'False' | 'None'] : number();
    } finally {
      depth--;
    }
  };

  const first = expression();
  const items = [first];
  let comma = false;
  while (accept(',')) {
    comma = true;
    skip();
    if (at === text.length) break;
    items.push(expression());
  }
  skip();
  if (at < text.length) fail();
  return comma ? new PyTuple(items) : first;
}
