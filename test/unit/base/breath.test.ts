import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { breath, isOutOfBreath } from '../../../src/base/breath.ts';

describe('jobs that compute in turn', () => {
  it('share the time between two breaths, however many they are', async () => {
    let [turn, isOver] = [0, false];
    const count = (): void => {
      turn++;
      if (!isOver) setImmediate(count);
    };
    count();
    const workedIn: number[] = [];
    const job = async (): Promise<void> => {
      for (let round = 0; round < 3; round++) {
        await breath();
        if (!isOutOfBreath()) workedIn.push(turn);
        while (!isOutOfBreath());
      }
    };
    await Promise.all(Array.from({ length: 5 }, job));
    isOver = true;
    assert.ok(workedIn.length >= 3);
    assert.equal(new Set(workedIn).size, workedIn.length, 'two of them worked in one turn');
  });
});
