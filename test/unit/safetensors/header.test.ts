/** Against safetensors' own verdicts: test/golden/safetensors/make_verdicts.py says how they were made. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { ROOT, temporaryFolder } from '../../support/paths.ts';

interface Verdict {
  readonly rule: string;
  /** The bytes, as latin-1 text. */
  readonly file: string;
  readonly rejected?: string;
  readonly tensors?: Record<string, [dtype: string, shape: number[], bytes: string]>;
  readonly metadata?: Record<string, string>;
}

/** How safetensors' reasons begin, and what ours say. */
const REASONS: readonly (readonly [theirs: string, ours: RegExp])[] = [
  ['header too small', /is shorter than 8 bytes/],
  ['header too large', /header would be longer than 100 MB/],
  ['invalid header length', /ends inside its header/],
  ['invalid UTF-8', /is not JSON/],
  ['invalid JSON in header: invalid type: sequence, expected struct HashMetadata', /is not a JSON object/],
  ['invalid JSON in header: invalid type: null, expected struct HashMetadata', /is not a JSON object/],
  ['invalid JSON in header: unknown variant', /unknown dtype/],
  ['invalid JSON in header: missing field', /has no (shape|data_offsets)|unknown dtype/],
  ['invalid JSON in header: invalid length', /needs two data_offsets/],
  ['invalid JSON in header: invalid value: integer', /not whole numbers/],
  ['invalid JSON in header: invalid type: floating point', /not whole numbers|beyond 64 bits/],
  ['invalid JSON in header: invalid type: string "pt"', /__metadata__ is not an object/],
  ['invalid JSON in header: invalid type', /not whole numbers|has no shape|by an object|__metadata__ \w+ is not text/],
  ['invalid JSON in header: duplicate field', /twice|duplicate/],
  ['invalid JSON in header', /is not JSON/],
  ['The slice is slicing for subbytes', /does not fill whole bytes/],
  ['overflow', /a shape that overflows/],
  ['invalid shape, data type, or offset', /bytes where its shape and dtype need/],
  ['invalid offset', /overlaps|hole|ends before it begins/],
  ['incomplete metadata', /cut off|follow the last tensor|beyond 2\^53/],
];

const VERDICTS = readFileSync(join(ROOT, 'test/golden/safetensors/verdicts.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Verdict);

async function read(bytes: Buffer): Promise<Pick<Required<Verdict>, 'tensors' | 'metadata'>> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'x.safetensors');
  await writeFile(path, bytes);
  await using file = await TensorFile.open(path);
  const tensors: [string, Required<Verdict>['tensors'][string]][] = [];
  for (const [name, { dtype, shape }] of file.header.tensors)
    tensors.push([name, [dtype, [...shape], Buffer.from(await file.readTensor(name)).toString('latin1')]]);
  return { tensors: Object.fromEntries(tensors), metadata: Object.fromEntries(file.header.metadata) };
}

describe('safetensors 0.8.0 reads', () => {
  for (const { rule, file, tensors, metadata } of VERDICTS.filter(({ rejected }) => rejected === undefined))
    it(rule, async () => assert.deepEqual(await read(Buffer.from(file, 'latin1')), { tensors, metadata }));
});

describe('safetensors 0.8.0 rejects', () => {
  for (const { rule, file, rejected } of VERDICTS)
    if (rejected !== undefined)
      it(rule, async () => {
        const ours = REASONS.find(([theirs]) => rejected.startsWith(theirs))?.[1];
        assert.ok(ours, `no reason of ours stands for "${rejected}"`);
        await assert.rejects(read(Buffer.from(file, 'latin1')), (error) => {
          assert.ok(error instanceof InputError, String(error));
          assert.match(error.message, /x\.safetensors is not a (valid )?safetensors file/);
          assert.match(error.message, ours);
          return true;
        });
      });
});

it('has all the verdicts', () => assert.equal(VERDICTS.length, 127));
