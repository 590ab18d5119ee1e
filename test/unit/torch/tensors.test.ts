/** What a pickle says of tensors and storages is checked against the file. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readBytes, torchZip } from './files.ts';
import { dictOf, int, ORDERED_DICT, pickle, tensor, text, tuple } from './pickles.ts';

const LONG_MAX = Buffer.from('\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f', 'latin1');
const SAFE_MAX = Buffer.from('\x8a\x07\xff\xff\xff\xff\xff\xff\x1f', 'latin1');
const V3 = 'ctorch._utils\n_rebuild_tensor_v3\n';
const HOOKED = Buffer.concat([Buffer.from(ORDERED_DICT), text('f'), Buffer.from('Ns')]);
type Parts = Parameters<typeof tensor>[0];

const REFUSED: Readonly<Record<string, readonly [parts: Parts, reason: RegExp]>> = {
  'a shape that is too large': [{ shape: tuple(int(3)) }, /tensor w goes beyond the end of its storage/],
  'an offset that is too large': [{ offset: int(1) }, /goes beyond the end/],
  'a huge offset': [{ offset: SAFE_MAX }, /goes beyond the end/],
  'a huge shape': [{ shape: tuple(SAFE_MAX, SAFE_MAX), strides: tuple(SAFE_MAX, int(1)) }, /goes beyond the end/],
  'a shape beyond 2^53': [{ shape: tuple(LONG_MAX) }, /no whole number below/],
  'a negative shape': [{ shape: tuple(int(-2)) }, /no whole number below/],
  'a negative long offset': [{ offset: Buffer.from([0x8a, 1, 0xff]) }, /no whole number below/],
  'a negative offset': [{ offset: int(-1) }, /no whole number below/],
  'a shape of floats': [{ shape: tuple('G\x40\0\0\0\0\0\0\0') }, /no whole number below/],
  'a shape that is a list': [{ shape: ']' }, /not a tuple/],
  'too many dimensions': [{ shape: tuple(...Array<Buffer>(9).fill(int(1))) }, /too many dimensions/],
  'strides for other dimensions': [{ strides: tuple(int(2), int(1)) }, /one stride per dimension/],
  'a stride of zero': [{ strides: tuple(int(0)) }, /not stored in the order/],
  'rows in reverse order': [
    { shape: tuple(int(1), int(2)), strides: tuple(int(1), int(2)) },
    /not stored in the order/,
  ],
  'a storage that is larger than its bytes': [{ count: int(3) }, /needs a storage of 12 bytes, but there are 8/],
  'a storage that is smaller than its bytes': [{ count: int(1) }, /needs a storage of 4 bytes, but there are 8/],
  'a storage that is not there': [{ key: text('1') }, /no entry "x\/data\/1"/],
  'a storage outside of the folder': [{ key: text('../../etc/passwd') }, /no entry "x\/data\/\.\.\/\.\.\/etc\/passwd"/],
  'a storage with a number for its key': [{ key: int(0) }, /key that is not a text/],
  'a storage of no known type': [{ type: 'ccollections\nOrderedDict\n' }, /no known type/],
  'a storage without a dtype': [{ type: 'ctorch.storage\nUntypedStorage\n', count: int(8) }, /no dtype/],
  hooks: [{ hooks: HOOKED }, /hooks, which are functions/],
  'no hooks': [{ hooks: 'N' }, /hooks/],
  'a bit for negation': [
    { rest: [Buffer.concat([Buffer.from('}'), text('neg'), Buffer.from([0x88, 0x73])])] },
    /negated/,
  ],
  'a dtype that is none': [{ rebuild: V3, rest: ['N'] }, /no known dtype/],
};

describe('a tensor is refused with', () => {
  for (const [what, [parts, reason]] of Object.entries(REFUSED))
    it(what, () => assert.rejects(readBytes(torchZip(dictOf(tensor(parts)))), reason));
});

const READ: Readonly<Record<string, readonly [parts: Parts, begin: number, end: number]>> = {
  'a view': [{ offset: int(1), shape: tuple(int(1)), strides: tuple(int(7)) }, 4, 8],
  'a scalar': [{ shape: ')', strides: ')' }, 0, 4],
  'odd strides of single dimensions': [
    { shape: tuple(int(1), int(2), int(1)), strides: tuple(int(5), int(1), int(0)) },
    0,
    8,
  ],
  'no elements, whatever the rest': [
    { offset: int(9), shape: tuple(int(3), int(0)), strides: tuple(int(4), int(4)) },
    0,
    0,
  ],
  'a dtype beside its storage': [{ rebuild: V3, rest: ['ctorch\nuint16\n'], shape: tuple(int(4)) }, 0, 8],
};

describe('a tensor is read with', () => {
  for (const [what, [parts, begin, end]] of Object.entries(READ))
    it(what, async () => {
      const bytes = torchZip(dictOf(tensor(parts)));
      const entry = (await readBytes(bytes)).tensors.get('w');
      const data = bytes.indexOf('12345678');
      assert.deepEqual([entry?.begin, entry?.end], [data + begin, data + end]);
    });
});

describe('a dict is refused with', () => {
  const cases: Record<string, readonly [code: Buffer, reason: RegExp]> = {
    'a name twice': [pickle('}(', text('w'), tensor(), text('w'), tensor(), 'u'), /two entries of the name w/],
    'a name that is no text': [pickle('}(', text('w'), tensor(), int(1), 'N', 'u'), /not a text/],
    'a name that is a tensor': [pickle('}(', tensor(), 'N', 'u'), /neither a text nor a number/],
    'a name that is not UTF-8': [pickle('}', 'X\x02\0\0\0\xff\xfe', tensor(), 's'), /not UTF-8/],
    'a key without a value': [pickle('}(', text('w'), 'u'), /key without a value/],
    'a list beside the tensors': [pickle('}(', text('w'), tensor(), text('l'), ']', 'u'), /list.* under l/],
    itself: [pickle('}q\0', text('w'), 'h\0s'), /holds a dict under w/],
  };
  for (const [what, [code, reason]] of Object.entries(cases))
    it(what, () => assert.rejects(readBytes(torchZip(code)), reason));
});
