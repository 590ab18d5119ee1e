/** Against CPython (test/golden/tasks/make_tasks.py). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pythonRandom } from '../../../../src/evaluation/random/mersenneTwister.ts';
import { python } from '../tasks/reference.ts';

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("CPython's random numbers", () => {
  for (const reference of python.random)
    it(`come to the bit from the seed ${reference.seed}`, () => {
      const random = pythonRandom(reference.seed);
      for (const value of reference.random) assert.equal(random.random(), value);
      for (const [bits, value] of reference.bits) assert.equal(random.getrandbits(bits), value);
      for (const [n, value] of reference.below) assert.equal(random.randrange(n), value);
      for (const [n, k, drawn] of reference.sample) assert.deepEqual(random.sample(numbers(n), k), drawn);
      assert.deepEqual(random.choices(numbers(71), 12), reference.choices);
      const shuffled = numbers(15);
      random.shuffle(shuffled);
      assert.deepEqual(shuffled, reference.shuffled);
      for (let i = 0; i < 700; i++) random.random();
      assert.equal(random.random(), reference.later);
    });

  it('refuse what cannot be drawn', () => {
    const random = pythonRandom(1);
    assert.throws(() => random.sample([1, 2], 3), /3 elements cannot be drawn from 2/);
    assert.throws(() => random.randrange(0), RangeError);
    assert.throws(() => random.getrandbits(54), RangeError);
    assert.throws(() => pythonRandom(0.5), RangeError);
  });

  it('leave the population as it is', () => {
    const population = numbers(5);
    pythonRandom(1).sample(population, 3);
    assert.deepEqual(population, numbers(5));
  });
});
