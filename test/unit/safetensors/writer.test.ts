/** Against the bytes that safetensors writes: test/golden/safetensors/make_verdicts.py says how they were made. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseHeader } from '../../../src/safetensors/header.ts';
import { canonicalLayout, type TensorShape } from '../../../src/safetensors/writer.ts';
import { ROOT } from '../../support/paths.ts';

interface Written {
  readonly rule: string;
  readonly tensors: readonly TensorShape[];
  readonly metadata?: Readonly<Record<string, string>>;
  /** The bytes, as latin-1 text; every data byte of the i-th tensor is i + 1. */
  readonly file: string;
}

const WRITTEN = readFileSync(join(ROOT, 'test/golden/safetensors/written.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Written);

function fill({ tensors, metadata }: Written): Buffer {
  const layout = canonicalLayout(tensors, metadata);
  const file = Buffer.alloc(layout.fileBytes);
  file.set(layout.headerBytes);
  for (const { name, begin, end } of layout.placements)
    file.fill(tensors.findIndex((tensor) => tensor.name === name) + 1, begin, end);
  return file;
}

describe('the layout is byte for byte what safetensors 0.8.0 writes', () => {
  for (const written of WRITTEN) it(written.rule, () => assert.equal(fill(written).toString('latin1'), written.file));

  it('has all the cases', () => assert.equal(WRITTEN.length, 26));
});

describe('the layout', () => {
  const tensors: TensorShape[] = [
    { name: 'b', dtype: 'F16', shape: [3] },
    { name: 'a', dtype: 'F16', shape: [2, 5] },
    { name: 'c', dtype: 'F32', shape: [65536, 65536] },
  ];

  it('is read back as it was asked for', () => {
    const { headerBytes, placements, fileBytes } = canonicalLayout(tensors, { format: 'pt' });
    const header = parseHeader(headerBytes.subarray(8), fileBytes, 'x');
    assert.deepEqual([...header.tensors.values()], placements);
    assert.deepEqual([...header.metadata], [['format', 'pt']]);
    assert.equal(header.dataStart, headerBytes.length);
  });

  it('places tensors beyond 4 GiB', () => {
    const { headerBytes, placements } = canonicalLayout(tensors);
    assert.deepEqual(
      placements.map(({ name, begin, end }) => [name, begin - headerBytes.length, end - headerBytes.length]),
      [
        ['c', 0, 2 ** 34],
        ['a', 2 ** 34, 2 ** 34 + 20],
        ['b', 2 ** 34 + 20, 2 ** 34 + 26],
      ],
    );
  });

  it('does not depend on the order of the tensors and leaves it as it is', () => {
    const given = [...tensors];
    const { headerBytes } = canonicalLayout(tensors);
    assert.deepEqual(tensors, given);
    assert.deepEqual(canonicalLayout([...tensors].reverse()).headerBytes, headerBytes);
  });
});
