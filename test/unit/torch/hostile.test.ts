/** Pickles that torch did not write: each is one step away from one that is read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { readBytes, torchZip } from './files.ts';
import { dictOf, int, ORDERED_DICT, pickle, tensor, TENSOR_V2, text, tuple } from './pickles.ts';

async function assertRefused(bytes: Uint8Array, reason: RegExp): Promise<void> {
  await assert.rejects(readBytes(bytes), (error) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(error.message, /x\.bin is refused: .*\. Nothing in it was executed\.$/);
    assert.match(error.message, reason);
    return true;
  });
}

it('the pickle that the others are made from is read', async () => {
  const { tensors, dataStart } = await readBytes(torchZip(dictOf(tensor())));
  assert.deepEqual(
    [...tensors.values()],
    [{ name: 'w', dtype: 'F32', shape: [2], begin: dataStart, end: dataStart + 8 }],
  );
});

const CALLS: Readonly<Record<string, readonly [code: string | Uint8Array, asked: RegExp]>> = {
  'os.system': ['cos\nsystem\n(X\x02\0\0\0idtR', /asks for os\.system, which/],
  'posix.system by STACK_GLOBAL': [
    Buffer.concat([text('posix'), text('system'), Buffer.from([0x93])]),
    /posix\.system/,
  ],
  'builtins.eval': ['cbuiltins\neval\n(X\x03\0\0\x001+1tR', /builtins\.eval/],
  'builtins.getattr': ['cbuiltins\ngetattr\n', /builtins\.getattr/],
  'an attribute of what is allowed': ['ccollections\nOrderedDict.__init__\n', /collections\.OrderedDict\.__init__/],
  'an attribute of an allowed module': ['ctorch\nstorage.UntypedStorage\n', /torch\.storage\.UntypedStorage/],
  'a module of an allowed package': ['ctorch\n_utils._rebuild_tensor_v2\n', /torch\._utils\._rebuild_tensor_v2/],
  'a property of objects': ['c__proto__\nconstructor\n', /__proto__\.constructor/],
  'a method of tables': ['ctorch\nget\n', /torch\.get/],
  'torch.load': ['ctorch\nload\n', /torch\.load/],
  'another rebuild function': ['ctorch._utils\n_rebuild_sparse_tensor\n', /_rebuild_sparse_tensor/],
  'a name with a line break': [
    Buffer.concat([text('a\nb'), text('\u001b[31mred'), Buffer.from([0x93])]),
    /"a\\nb\.\\u001b\[31mred"/,
  ],
  'a name that is no text': [Buffer.concat([int(1), int(2), Buffer.from([0x93])]), /name is not a text/],
  'a name without an end': [`c${'x'.repeat(300)}`, /more than 256 bytes/],
};

describe('a pickle that asks for something is refused:', () => {
  for (const [what, [code, asked]] of Object.entries(CALLS))
    it(what, () => assertRefused(torchZip(dictOf(code)), asked));
});

const OPCODES: Readonly<Record<string, readonly [code: string, asked: RegExp]>> = {
  INST: ['(ios\nsystem\n', /uses INST/],
  OBJ: ['(ccollections\nOrderedDict\no', /uses OBJ/],
  NEWOBJ: ['ccollections\nOrderedDict\n)\x81', /uses NEWOBJ,/],
  NEWOBJ_EX: ['ccollections\nOrderedDict\n)}\x92', /uses NEWOBJ_EX/],
  EXT1: ['\x82\x01', /uses EXT1/],
  PERSID: ['P0\n', /uses PERSID/],
  POP: ['N0N', /uses POP,/],
  DUP: ['N2', /uses DUP/],
  BYTEARRAY8: ['\x96\0\0\0\0\0\0\0\x7f', /uses BYTEARRAY8/],
  LONG4: ['\x8b\xff\xff\xff\x7f', /uses LONG4/],
  'a second PROTO': ['\x80\x02', /uses PROTO/],
  'an unknown opcode': ['\xff', /uses 0xff/],
};

describe('an opcode that no state dict needs is refused:', () => {
  for (const [name, [code, asked]] of Object.entries(OPCODES))
    it(name, () => assertRefused(torchZip(dictOf(code)), asked));
});

const VERSIONS = Buffer.concat([Buffer.from('}'), text('_metadata'), Buffer.from('}s')]);
const attributes = (...code: (string | Buffer)[]): Buffer => Buffer.concat(code.map((part) => Buffer.from(part)));

describe('BUILD', () => {
  const dict = attributes(ORDERED_DICT, text('w'), tensor(), 's');
  it('may set the versions of modules', async () => {
    const { tensors } = await readBytes(torchZip(pickle(dict, VERSIONS, 'b')));
    assert.deepEqual([...tensors.keys()], ['w']);
  });
  const setState = attributes('}', text('__setstate__'), 'N', 's');
  const refused: Record<string, Buffer> = {
    'of a tensor': dictOf(attributes(tensor(), setState, 'b')),
    'of a tensor, with versions': dictOf(attributes(tensor(), VERSIONS, 'b')),
    'of a class': dictOf(attributes('ccollections\nOrderedDict\n', setState, 'b')),
    'of a plain dict': pickle('}', text('w'), tensor(), 's', VERSIONS, 'b'),
    'with another attribute': pickle(dict, setState, 'b'),
    'with one attribute more': pickle(dict, VERSIONS.subarray(0, -1), 's', text('keys'), 'N', 'sb'),
    'with versions that are none': pickle(dict, '}', text('_metadata'), 'N', 'sb'),
    'with slots': pickle(dict, 'N', VERSIONS, '\x86', 'b'),
  };
  for (const [what, code] of Object.entries(refused))
    it(`${what} is refused`, () => assertRefused(torchZip(code), /sets attributes of an object/));
});

const CALLEES: Readonly<Record<string, readonly [code: Buffer, asked: RegExp]>> = {
  'a text': [attributes(text('os'), ')R'), /not a known function/],
  'a storage class': [attributes('ctorch\nFloatStorage\n', ')R'), /torch\.FloatStorage, which is not a function/],
  'a dtype': [attributes('ctorch\nuint16\n', ')R'), /torch\.uint16, which is not a function/],
  'OrderedDict with items': [attributes('ccollections\nOrderedDict\n', tuple(']'), 'R'), /fills an OrderedDict/],
  'OrderedDict with a list': [attributes('ccollections\nOrderedDict\n', ']', 'R'), /without a tuple/],
  'a tensor without arguments': [attributes(TENSOR_V2, ')R'), /no storage/],
  'a tensor with many arguments': [tensor({ rest: ['N', 'N', 'N'] }), /too many arguments/],
  'a parameter of nothing': [attributes('ctorch._utils\n_rebuild_parameter\n', ')R'), /no tensor/],
};

describe('a call is refused:', () => {
  for (const [what, [code, asked]] of Object.entries(CALLEES))
    it(what, () => assertRefused(torchZip(dictOf(code)), asked));
});
