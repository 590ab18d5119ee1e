/** Changes to bytes that files suffer, or that somebody hostile makes. */
import { below } from '../../support/random.ts';

export const MAX_INPUT_BYTES = 48 * 1024;

/** Names and numbers that readers have stumbled over. */
const TOKENS = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '__metadata__',
    'weight_map',
    '../x',
    '/etc/passwd',
    'a\0b',
  ],
  ...['', 'null', 'true', '[]', '{}', '""', '[[[[', '}}}}', ',', ':', '"', '\\', '\\ud800', '\ufeff', '\u2028', '\r\n'],
  ...['NaN', '-Infinity', '1e999', '-0', '0.5', '1.0', '01', '9007199254740993', '18446744073709551616', '-1', '1e9'],
  ...['4294967296', '2147483648', '99999999999999999999999999', '(a+)+$', '.*.*.*x', '[^]', '\\d{1,999}', '(?P<n>a)'],
  ...[
    '{{',
    '}}',
    '{%',
    '%}',
    '{% for i in range(9999999) %}',
    '{{ x * 999999 }}',
    '|join',
    'loop',
    '~',
    '&a',
    '*a',
    '!!js',
  ],
  ...[
    '<<: *a',
    '- - - -',
    '? :',
    '---',
    '%TAG',
    '\t',
    'c__builtin__\neval\n',
    'R.',
    '\x80\x04',
    'PK\x03\x04',
    'F32',
    'BF16',
  ],
].map((text) => Buffer.from(text, 'utf8'));

const NUMBERS = [
  '0',
  '-1',
  '1',
  '65536',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '1e308',
  '0.5',
  '18446744073709551615',
];

type Mutation = (bytes: Buffer, random: () => number, other: Buffer) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const at = below(random, bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
    return bytes;
  },
  function setByte(bytes, random) {
    bytes[below(random, bytes.length)] = below(random, 256);
    return bytes;
  },
  function insertToken(bytes, random) {
    return splice(bytes, below(random, bytes.length + 1), 0, pick(TOKENS, random));
  },
  function replaceByToken(bytes, random) {
    return splice(bytes, below(random, bytes.length), below(random, 12), pick(TOKENS, random));
  },
  function removeRange(bytes, random) {
    return splice(bytes, below(random, bytes.length), 1 + below(random, 1 + (bytes.length >> 2)), Buffer.alloc(0));
  },
  function cutOff(bytes, random) {
    return bytes.subarray(0, below(random, bytes.length));
  },
  function replaceNumber(bytes, random) {
    const text = bytes.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    const chosen = numbers[below(random, numbers.length)];
    if (chosen === undefined) return bytes;
    return splice(bytes, chosen.index, chosen[0].length, Buffer.from(pick(NUMBERS, random)));
  },
  function repeatRange(bytes, random) {
    const at = below(random, bytes.length);
    const range = bytes.subarray(at, at + 1 + below(random, 40));
    const times = 2 ** below(random, 13);
    const repeated = Buffer.alloc(Math.min(range.length * times, MAX_INPUT_BYTES), range);
    return splice(bytes, at, 0, repeated);
  },
  function moveRange(bytes, random) {
    const [from, to, length] = [below(random, bytes.length), below(random, bytes.length), 1 + below(random, 64)];
    bytes.copyWithin(to, from, from + length);
    return bytes;
  },
  function joinWithOther(bytes, random, other) {
    return Buffer.concat([bytes.subarray(0, below(random, bytes.length)), other.subarray(below(random, other.length))]);
  },
];

/** A few changes of a copy. */
export function mutate(seed: Buffer, other: Buffer, random: () => number): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let changes = 1 + below(random, 5); changes > 0 && bytes.length > 0; changes--)
    bytes = pick(MUTATIONS, random)(bytes, random, other);
  return Buffer.from(bytes.subarray(0, MAX_INPUT_BYTES));
}

function splice(bytes: Buffer, at: number, removed: number, inserted: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
}

function pick<T>(values: readonly T[], random: () => number): T {
  return values[below(random, values.length)] as T;
}
