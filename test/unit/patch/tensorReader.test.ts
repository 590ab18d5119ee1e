/** Rows of a tensor that is larger than what is read at a time. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { widen } from '../../../src/kernels/convert.ts';
import { readBaseRows } from '../../../src/patch/tensorReader.ts';
import { bytesPerElement } from '../../../src/safetensors/dtypes.ts';
import { LLAMA_CONFIG, writeSafetensors } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/paths.ts';

const NAME = 'model.embed_tokens.weight';
const [ROWS, COLUMNS] = [5, 500_001];

/** Not deepEqual, which takes minutes to describe a difference of so many. */
function assertSame(actual: Float32Array, expected: Float32Array): void {
  assert.equal(actual.length, expected.length);
  assert.equal(
    actual.findIndex((value, i) => value !== expected[i]),
    -1,
  );
}

describe('rows of a large tensor', () => {
  for (const dtype of ['BF16', 'F16', 'F32'] as const)
    it(`are all there, from the first to the last: ${dtype}`, async () => {
      await using folder = await temporaryFolder();
      const size = bytesPerElement(dtype);
      // No pattern of bytes comes again within a piece, and none is a NaN's.
      const bytes = new Uint8Array(ROWS * COLUMNS * size);
      for (let i = 0; i < bytes.length; i++) bytes[i] = (Math.imul(i, 2654435761) >>> 24) & 0x3f;
      await writeFile(join(folder.path, 'config.json'), JSON.stringify(LLAMA_CONFIG));
      const file = join(folder.path, 'model.safetensors');
      await writeSafetensors(file, { [NAME]: [ROWS, COLUMNS] }, dtype, { [NAME]: bytes });
      await using base = await Checkpoint.open(folder.path);
      const tensor = base.tensors.get(NAME);
      assert.ok(tensor);
      const expected = new Float32Array(ROWS * COLUMNS);
      widen(bytes, dtype, expected);
      for (const [row, count] of [
        [0, ROWS],
        [1, 3],
        [4, 1],
        [2, 0],
      ] as const) {
        const wanted = expected.subarray(row * COLUMNS, (row + count) * COLUMNS);
        assertSame(await readBaseRows(tensor, row, count), wanted);
        const larger = new Float32Array(wanted.length + 2).fill(7);
        const into = larger.subarray(1, -1);
        assert.equal(await readBaseRows(tensor, row, count, into), into);
        assertSame(into, wanted);
        assert.deepEqual([larger[0], larger.at(-1)], [7, 7]);
      }
    });
});
