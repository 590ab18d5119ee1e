import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonNumber, JsonObject, parseJson, type JsonValue } from '../../../src/safetensors/json.ts';

/** As JSON.parse would have it. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof JsonObject) return Object.fromEntries(value.fields.map(([key, item]) => [key, plain(item)]));
  return value;
}

const VALID = [
  '{}',
  '[]',
  ' \t\r\n{ \n"a" : [ 1 , true , false , null ] , "b" : { } } \n',
  '[[[1],[2,[3]]],[]]',
  '{"a":{"b":{"c":[{"d":"e"}]}}}',
  '"text"',
  '""',
  String.raw`"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00 é 😀"`,
  '"\u007f\u2028"',
  'true',
  'null',
  ...['0', '-0', '1', '-1', '10', '0.5', '-0.5', '1e5', '1E+5', '1.25e-3', '0e0', '123456789012345678901234567890'],
];

const INVALID = [
  ...['', ' ', '01', '-', '+1', '.5', '1.', '1e', '1e+', '0x1', '1_0', 'NaN', 'Infinity', '-Infinity', '1 2', '00'],
  ...['tru', 'True', 'nul', 'undefined', 'truefalse'],
  ...['[', ']', '[1', '[1,', '[1,]', '[,1]', '[,]', '[1 2]', '[1]]', '[}'],
  ...[
    '{',
    '}',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{,}',
    '{"a" 1}',
    '{a:1}',
    "{'a':1}",
    '{1:1}',
    '{"a"}',
  ],
  ...['{"a":1 "b":2}', '{"a":1}{"b":2}', '{]', '{"a":,}', '{"a"::1}'],
  ...['"', '"a', 'a"', "'a'", '"\n"', '"\t"', '"\u0000"', '"\u001f"', String.raw`"\x41"`, String.raw`"\u12"`],
  ...[String.raw`"\u12g4"`, String.raw`"\'"`, '"\\', '"\\"', '/* */1', '1//', '\u00a01', '\ufeff1', '\f1', '\v1'],
];

describe('a document is read as JSON.parse reads it', () => {
  for (const text of VALID) it(JSON.stringify(text), () => assert.deepEqual(plain(parseJson(text)), JSON.parse(text)));
});

describe('a text is refused, as by JSON.parse', () => {
  for (const text of INVALID)
    it(JSON.stringify(text), () => {
      assert.throws(() => JSON.parse(text) as unknown, SyntaxError);
      assert.throws(() => parseJson(text), { name: 'SyntaxError', message: / at character \d+$/ });
    });
});

describe('beyond JSON.parse', () => {
  for (const digits of ['0', '7', '10', '999999999999999'])
    it(`the whole number ${digits} is one of JavaScript's`, () =>
      assert.deepEqual(parseJson(`[${digits},${digits}]`), [Number(digits), Number(digits)]));

  for (const digits of ['1.0', '1e0', '0E0', '-0', '1000000000000000', '9007199254740993', '18446744073709551616'])
    it(`the number ${digits} stays as it was written`, () =>
      assert.deepEqual(parseJson(`[${digits}]`), [new JsonNumber(digits)]));

  it('names that objects know are only names', () => {
    const value = parseJson('{"__proto__":1,"constructor":2,"toString":3}');
    assert.ok(value instanceof JsonObject);
    assert.deepEqual(
      value.fields.map(([name]) => name),
      ['__proto__', 'constructor', 'toString'],
    );
  });

  it('the order is that of the text, of numeric names too', () => {
    const value = parseJson('{"b":0,"10":0,"2":0,"a":0}');
    assert.ok(value instanceof JsonObject);
    assert.deepEqual(
      value.fields.map(([name]) => name),
      ['b', '10', '2', 'a'],
    );
  });

  it('duplicate fields are all kept', () => {
    const value = parseJson('{"a":1,"a":2}');
    assert.ok(value instanceof JsonObject);
    assert.equal(value.fields.length, 2);
  });

  it('a string of 32 MB is read', () => assert.equal(parseJson(`"${'a'.repeat(1 << 25)}"`), 'a'.repeat(1 << 25)));

  for (const half of ['\\ud83d', '\\ude00', '\\ud83dx', '\\ude00\\ud83d', '\\uD800\\uD800'])
    it(`half a surrogate pair (${half}) is refused`, () =>
      assert.throws(() => parseJson(`"${half}"`), { name: 'SyntaxError', message: /surrogate/ }));

  it('100 levels are read, a million are refused without exhausting the stack', () => {
    assert.doesNotThrow(() => parseJson('['.repeat(100) + ']'.repeat(100)));
    for (const open of ['[', '{"a":'])
      assert.throws(() => parseJson(open.repeat(1_000_000)), { name: 'SyntaxError', message: /nested too deeply/ });
  });

  it('the place where it stops being JSON is named', () =>
    assert.throws(() => parseJson('{"a":1,b}'), { message: 'expected a string at character 7' }));
});
