/** Pickles that would take memory or time without end, or that stop too early. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { LIMITS } from '../../../src/torch/limits.ts';
import { readBytes, torchZip, u32 } from './files.ts';
import { dictOf, pickle, tensor, text, tuple } from './pickles.ts';

const many = (code: string, count: number): Buffer => Buffer.alloc(code.length * count, code, 'latin1');

/** Lists of ten times the list before: 10^n items for a reader that follows every reference. */
function laughs(levels: number): Buffer {
  const level = (i: number): Buffer =>
    Buffer.concat([
      Buffer.from('](h'),
      Buffer.from([i]),
      many(`h${String.fromCharCode(i)}`, 9),
      Buffer.from('eq'),
      Buffer.from([i + 1]),
    ]);
  return Buffer.concat([Buffer.from(']q\0'), ...Array.from({ length: levels }, (_, i) => level(i))]);
}

const CASES: Readonly<Record<string, readonly [code: Uint8Array, reason: RegExp]>> = {
  'lists within lists': [pickle(many(']', 200), many('a', 199)), /too deeply/],
  'tuples within tuples': [pickle(')', many('\x85', 1_000_000)), /too deeply/],
  'dicts within dicts': [pickle(many('}X\x01\0\0\0a', 200), 'N', many('s', 200)), /too deeply/],
  'marks within marks': [pickle(many('(', 1_000_000)), /too deeply/],
  'references to references': [dictOf(tuple(laughs(90))), /list.* under w/],
  'deeper references to references': [dictOf(laughs(200)), /too deeply/],
  'too many values': [pickle(many('N', 200_000)), /too many values at once/],
  'too many objects': [pickle(']', many('(]]]]]]]]]e', 200_000)), /too many objects/],
  'too many values in the memo': [
    pickle(
      'N',
      Buffer.concat(Array.from({ length: LIMITS.memo + 1 }, (_, i) => Buffer.concat([Buffer.from('r'), u32(i)]))),
    ),
    /remembers too many/,
  ],
  'too many instructions': [pickle(']', many('Na', LIMITS.opcodes / 2 + 1)), /too many instructions/],
  // The limits are a file's, and a small one has smaller ones.
  'a megabyte of empty tuples': [
    pickle('}', text('a'), ']', many(`(${')'.repeat(95_000)}e`, 10), 's'),
    /too many objects/,
  ],
  'a megabyte of empty dicts': [
    pickle('}', text('a'), ']', many(`(${'}'.repeat(95_000)}e`, 10), 's'),
    /too many objects/,
  ],
  'a megabyte of MEMOIZE': [pickle('}', many('\x94', 1_000_000)), /remembers too many/],
  'a text that is too long': [pickle('X', u32(LIMITS.stringBytes + 1), 'a'), /text of 1048577 bytes/],
  'a text that says to be longer than the file': [pickle('X', u32(1000), 'a'), /cut off/],
  'a frame that says to be longer than the file': [pickle('\x95\xff\xff\xff\xff\xff\xff\xff\x7f', 'N'), /cut off/],
  'a memo far away': [
    dictOf(Buffer.concat([Buffer.from('Nr'), u32(2 ** 32 - 1), Buffer.from('h\0')])),
    /not remembered/,
  ],
  'a value that is not there': [pickle('s'), /not there/],
  'a value below a mark': [pickle('}', text('a'), 'N(s'), /values that are not there/],
  'a mark that is not there': [pickle('Nt'), /mark that is not there/],
  'values left over': [pickle('N', '}'), /left over/],
  'a mark left over': [pickle('(', 'N'), /left over/],
  'no value': [pickle(), /not there/],
  'no end': [dictOf(tensor()).subarray(0, -1), /cut off/],
  'something after the end': [Buffer.concat([dictOf(tensor()), Buffer.from('N.')]), /something follows its pickle/],
  nothing: [Buffer.alloc(0), /cut off/],
  'protocol 0': [Buffer.from('(dp0\n.'), /protocol 2 or later/],
  'protocol 6': [Buffer.from([0x80, 6, 0x4e, 0x2e]), /unknown protocol 6/],
  'an append to a dict': [pickle('}Na'), /not a list/],
  'an item of a list': [pickle(']NNs'), /not a dict/],
};

describe('a pickle is refused soon with', () => {
  for (const [what, [code, reason]] of Object.entries(CASES))
    it(what, { timeout: 20_000 }, () =>
      assert.rejects(readBytes(torchZip(code)), (error) => {
        assert.ok(error instanceof InputError, String(error));
        assert.match(error.message, reason);
        return true;
      }),
    );

  it('more than 64 MB', () =>
    assert.rejects(readBytes(torchZip(Buffer.alloc(LIMITS.pickleBytes + 1))), /its pickle has 67108865 bytes/));
});

it('a hundred thousand tensors are read', { timeout: 60_000 }, async () => {
  const same = tensor();
  const items = Array.from({ length: 100_000 }, (_, i) => Buffer.concat([text(`layer.${i}.weight`), same]));
  const batches = Array.from({ length: 100 }, (_, i) =>
    Buffer.concat([Buffer.from('('), ...items.slice(1000 * i, 1000 * (i + 1)), Buffer.from('u')]),
  );
  const { tensors } = await readBytes(torchZip(pickle('}', ...batches)));
  assert.equal(tensors.size, 100_000);
});
