/** Headers that the format allows, or nearly, and that would cost memory or fill messages. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHeader } from '../../../src/safetensors/header.ts';
import { elements } from '../../../src/safetensors/shape.ts';
import { refusedSoon } from './refusedSoon.ts';

const parse = (json: string): unknown => parseHeader(Buffer.from(json), 8 + json.length, '/folder/x.safetensors');
const tensor = (name: string, shape: string, end: number): string =>
  `{"${name}":{"dtype":"F32","shape":[${shape}],"data_offsets":[0,${end}]}}`;
const LONG = 'n'.repeat(1_000_000);

describe('a header is refused soon with', () => {
  const cases: Readonly<Record<string, readonly [json: string, reason: RegExp]>> = {
    'half a million dimensions': [
      tensor('a', '1,'.repeat(499_999) + '1', 4),
      /x\.safetensors.*"a" has a shape of 500000 numbers/,
    ],
    '65 dimensions': [tensor('a', '1,'.repeat(64) + '1', 4), /"a" has a shape of 65 numbers/],
    'half a million offsets': [
      `{"a":{"dtype":"F32","shape":[],"data_offsets":[${'1,'.repeat(499_999)}1]}}`,
      /data_offsets of 500000/,
    ],
    'a name of a megabyte': [tensor(LONG, '1', 8), /tensor "n{200}…" has 8 bytes/],
    'a name of a megabyte that is cut off': [tensor(LONG, '1', 4), /is cut off: 4 of \d+ bytes/],
    'a key of a megabyte': [`{"__metadata__":{"${LONG}":1}}`, /__metadata__ n{200}… is not text/],
  };
  for (const [what, [json, reason]] of Object.entries(cases)) it(what, () => refusedSoon(() => parse(json), reason));
});

it('a tensor of no elements has none, whatever else its shape says', () => {
  assert.equal(elements([...Array<number>(20).fill(2 ** 64), 0]), 0);
  assert.equal(elements([]), 1);
  assert.equal(elements([2, 3]), 6);
});
