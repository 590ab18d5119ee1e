/** Points, barrier and fall of lines whose losses are known. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blendLine, scaleLine, type Measured } from '../../../../src/evaluation/probe/lines.ts';

/** Each point with the losses of its items; each item has two tokens. */
function measured(points: Readonly<Record<number, readonly number[]>>, right?: number): Measured[] {
  return Object.entries(points)
    .map(([parameter, losses]) => ({
      parameter: Number(parameter),
      losses: losses.map((loss) => ({ loss, tokens: 2, right })),
    }))
    .sort((a, b) => a.parameter - b.parameter);
}

function close(actual: number | null | undefined, expected: number): void {
  assert.ok(Math.abs((actual ?? NaN) - expected) < 1e-12, `${actual}, not ${expected}`);
}

describe('a line of losses', () => {
  it('has means with errors, per token, and item by item against both ends', () => {
    const { points } = blendLine(measured({ 0: [1, 3], 0.5: [2, 6], 1: [5, 7] }, 1));
    const middle = points[1] ?? assert.fail();
    assert.deepEqual([middle.loss, middle.tokens, middle.lossPerToken, middle.accuracy], [4, 4, 2, 1]);
    close(middle.stderr, 2);
    close(middle.against0.value, 2);
    close(middle.against0.stderr, 1);
    close(middle.against1.value, -2);
    close(middle.against1.stderr, 1);
    assert.deepEqual(points[0]?.against0, { value: 0, stderr: 0 });
  });

  it('has neither an error of one item nor an accuracy that no task gives', () => {
    const { points, barrier } = blendLine(measured({ 0: [1], 0.5: [2], 1: [5] }));
    assert.deepEqual(points[1]?.against0, { value: 1, stderr: null });
    assert.deepEqual([points[1].stderr, points[1].accuracy, barrier.stderr], [null, null, null]);
  });

  it('has its barrier where it is farthest above the straight line, with the error of that distance', () => {
    const { barrier } = blendLine(measured({ 0: [1, 3], 0.25: [2, 4], 0.5: [4, 6], 0.75: [4, 5], 1: [3, 5] }));
    // 5 over a straight line at 3; the items are 4 − 2 and 6 − 4 above theirs.
    assert.deepEqual(barrier, { at: 0.5, value: 2, stderr: 0 });
    const uneven = blendLine(measured({ 0: [0, 0], 0.25: [1, 3], 1: [0, 4] })).barrier;
    assert.deepEqual(uneven, { at: 0.25, value: 1.5, stderr: 0.5 });
  });

  it('has a negative barrier where it sags, as near to the straight line as it comes', () => {
    const { barrier } = blendLine(measured({ 0: [4, 4], 0.25: [2, 2], 0.5: [3, 3], 0.75: [1, 1], 1: [4, 4] }));
    assert.deepEqual(barrier, { at: 0.5, value: -1, stderr: 0 });
  });

  it('falls if each step up to 1 lowers the loss, whatever comes beyond; else has the largest rise with its error', () => {
    const of = (...losses: number[]) =>
      scaleLine(
        measured(Object.fromEntries([0, 0.25, 0.5, 0.75, 1, 1.25].map((scale, i) => [scale, [losses[i] ?? 0]]))),
      );
    const line = ({ rise, minimum }: ReturnType<typeof of>) => [rise, minimum];
    const step = (from: number, to: number, value: number) => ({ from, to, value, stderr: null });
    assert.deepEqual(line(of(6, 5, 4, 3, 2, 9)), [null, 1]);
    assert.deepEqual(line(of(6, 5, 4, 3, 2, 1)), [null, 1.25]);
    assert.deepEqual(line(of(6, 5, 1, 3, 2, 9)), [step(0.5, 0.75, 2), 0.5]);
    assert.deepEqual(line(of(6, 7, 4, 3, 2, 9)), [step(0, 0.25, 1), 1]);
    assert.deepEqual(line(of(1, 1, 1, 1, 1, 1)), [step(0, 0.25, 0), 0]);
    const { rise } = scaleLine(measured({ 0: [5, 5], 0.5: [6, 8], 1: [1, 1] }));
    assert.deepEqual(rise, { from: 0, to: 0.5, value: 2, stderr: 1 });
  });
});
