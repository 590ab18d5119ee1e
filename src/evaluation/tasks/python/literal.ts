import { unescapePython } from './escapes.ts';
import { Scanner } from './scanner.ts';
import { PyFloat, PythonError, PyTuple, written, type Value } from './values.ts';

const MAX_DEPTH = 100;
/** Beyond some millions, JavaScript's patterns run out of memory. */
const MAX_LENGTH = 1_000_000;
/** Python's own limit (`sys.int_info`). */
const MAX_DIGITS = 4300;
const SKIPPED = /(?:[ \t\r\n\f]+|#[^\n]*)*/y;
const STRING = /([rRuU]?)('''[^]*?(?<!\\)'''|"""[^]*?(?<!\\)"""|'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*")/y;
const FLOAT =
  /(?:[0-9](?:_?[0-9])*)?\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9]+)?|[0-9](?:_?[0-9])*(?:\.(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)/y;
const INTEGER = /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?[0-9])*|0(?:_?0)*/y;
const WORD = /(?:True|False|None)\b/y;
const WORDS: ReadonlyMap<string, Value> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
]);

/**
 * Python's `ast.literal_eval`, of texts, numbers, True, False, None, lists, tuples and dicts: what lm-eval reads targets
 * and choices with that a template printed. No set and no bytes: neither is a list of choices.
 *
 * @throws PythonError if it is anything else
 */
export function literalEval(source: string): Value {
  if (source.length > MAX_LENGTH)
    throw new PythonError(`it is longer than the ${MAX_LENGTH} characters that a Python literal may have here`);
  const scanner = new Scanner(source.replace(/^[ \t]+/, ''));
  const items = [readValue(scanner, 0)];
  let comma = false;
  while (accept(scanner, ',')) {
    comma = true;
    scanner.match(SKIPPED);
    if (scanner.isDone()) break;
    items.push(readValue(scanner, 0));
  }
  scanner.match(SKIPPED);
  if (!scanner.isDone()) return fail(scanner);
  return comma ? new PyTuple(items) : (items[0] ?? null);
}

function fail(scanner: Scanner): never {
  throw new PythonError(`it is not a Python literal: ${written(scanner.text)}`);
}

function accept(scanner: Scanner, character: string): boolean {
  scanner.match(SKIPPED);
  return scanner.accept(character);
}

function readValue(scanner: Scanner, depth: number): Value {
  if (depth > MAX_DEPTH) return fail(scanner);
  if (accept(scanner, '[')) return readItems(scanner, ']', depth + 1).items;
  if (accept(scanner, '{')) return readDict(scanner, depth + 1);
  if (accept(scanner, '(')) {
    const { items, comma } = readItems(scanner, ')', depth + 1);
    return items.length === 1 && !comma ? (items[0] ?? null) : new PyTuple(items);
  }
  if (accept(scanner, '-')) return readNumber(scanner, true);
  if (accept(scanner, '+')) return readNumber(scanner, false);
  const string = readStrings(scanner);
  if (string !== undefined) return string;
  const word = scanner.match(WORD);
  return word ? (WORDS.get(word[0]) ?? null) : readNumber(scanner, false);
}

function readItems(scanner: Scanner, close: string, depth: number): { items: Value[]; comma: boolean } {
  const items: Value[] = [];
  let comma = false;
  while (!accept(scanner, close)) {
    if (items.length > 0 && !comma) fail(scanner);
    items.push(readValue(scanner, depth));
    comma = accept(scanner, ',');
  }
  return { items, comma };
}

function readDict(scanner: Scanner, depth: number): Value {
  const entries = new Map<Value, Value>();
  for (let comma = true; !accept(scanner, '}'); comma = accept(scanner, ',')) {
    if (!comma) fail(scanner);
    const key = readValue(scanner, depth);
    if (typeof key === 'object' && key !== null) fail(scanner);
    if (!accept(scanner, ':')) fail(scanner);
    entries.set(key, readValue(scanner, depth));
  }
  return entries;
}

/** Texts that stand beside each other are one. */
function readStrings(scanner: Scanner): string | undefined {
  let joined: string | undefined;
  for (let part = scanner.match(STRING); part !== undefined; part = scanner.match(STRING)) {
    const [, prefix = '', quoted = ''] = part;
    const quotes = /^(?:"""|''')/.test(quoted) ? 3 : 1;
    const inside = quoted.slice(quotes, -quotes);
    joined = (joined ?? '') + ((/r/i.test(prefix) ? inside : unescapePython(inside)) ?? fail(scanner));
    scanner.match(SKIPPED);
  }
  return joined;
}

function readNumber(scanner: Scanner, negative: boolean): Value {
  scanner.match(SKIPPED);
  const float = scanner.match(FLOAT);
  if (float) {
    const value = Number(float[0].replaceAll('_', ''));
    return new PyFloat(negative ? -value : value);
  }
  const integer = scanner.match(INTEGER) ?? fail(scanner);
  if (/[\w.]/.test(scanner.peek()) || integer[0].length > MAX_DIGITS) fail(scanner);
  const value = BigInt(integer[0].replaceAll('_', '')) * (negative ? -1n : 1n);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
