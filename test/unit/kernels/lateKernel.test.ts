import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LateKernel } from '../../../src/kernels/lateKernel.ts';

describe('a kernel that is loaded late', () => {
  it('is not loaded before the first product, and once for all of them', async () => {
    let loads = 0;
    const kernel = new LateKernel(() => {
      loads++;
      return Promise.resolve({ device: 'cpu', product: (left) => Promise.resolve(left) });
    });
    assert.deepEqual([kernel.device, loads], ['cpu', 0]);
    const shape = { rows: 1, rank: 1, columns: 1 };
    const products = [1, 2].map((value) => kernel.product(Float32Array.of(value), Float32Array.of(1), shape, 1));
    assert.deepEqual(await Promise.all(products), [Float32Array.of(1), Float32Array.of(2)]);
    assert.equal(loads, 1);
  });
});
