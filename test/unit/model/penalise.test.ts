import assert from 'node:assert/strict';
import { it } from 'node:test';
import { penalise } from '../../../src/model/generate.ts';

it('penalises tokens that occurred once, however often they did, away from being chosen', () => {
  const logits = Float32Array.of(2, -2, 1, 0);
  penalise(logits, [0, 1, 0, 3], 2);
  assert.deepEqual([...logits], [1, -4, 1, 0]);
});
