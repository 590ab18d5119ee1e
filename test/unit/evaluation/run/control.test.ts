import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controlOf } from '../../../../src/evaluation/run/control.ts';
import { productNorm } from '../../../../src/kernels/norms.ts';
import type { Overlay } from '../../../../src/model/weights/overlay.ts';
import type { Branch, HeldWeight } from '../../../../src/model/weights/weight.ts';

const SHAPE = { rows: 6, rank: 2, columns: 5 };

function branch(fill: number, scaling: number): Branch {
  const left = Float32Array.from({ length: 12 }, (_, i) => fill + i);
  const right = Float32Array.from({ length: 10 }, (_, i) => fill - i);
  return { left, right, rank: 2, scaling, patch: 0 };
}

const OVERLAY: Overlay = {
  branches: new Map([
    ['a.weight', [branch(1, 0.5)]],
    ['b.weight', [branch(2, -2), branch(3, 1)]],
  ]),
  replaced: new Map(),
  scales: [1],
  unties: false,
};

function all({ branches }: Overlay): Branch[] {
  return [...branches.values()].flat();
}

describe('the random control', () => {
  it('has the ranks and norms of the patch, and none of its directions', () => {
    const { overlay, warnings } = controlOf(OVERLAY, 7);
    assert.deepEqual(warnings, []);
    assert.deepEqual([...overlay.branches.keys()], [...OVERLAY.branches.keys()]);
    for (const [i, own] of all(OVERLAY).entries()) {
      const random = all(overlay)[i] ?? assert.fail();
      const norm = (of: Branch): number => Math.abs(of.scaling) * productNorm(of.left, of.right, SHAPE);
      assert.ok(Math.abs(norm(random) / norm(own) - 1) < 1e-5);
      assert.notDeepEqual(random.left, own.left);
    }
  });

  it('is the same for the same seed, and shares nothing with the next one', () => {
    const [one, again, next] = [7, 7, 8].map((seed) => all(controlOf(OVERLAY, seed).overlay));
    assert.deepEqual(one, again);
    const unit = ({ left }: Branch): string => Array.from(left, (value) => (value / (left[0] ?? 1)).toFixed(3)).join();
    const units = [...(one ?? []), ...(next ?? [])].map(unit);
    assert.equal(new Set(units).size, units.length);
  });

  it('leaves out what has no low rank, and says so; of a patch that has nothing else there is none', () => {
    const held: HeldWeight = { place: 'held', name: 'n', shape: [1], values: new Float32Array(1) };
    const { overlay, warnings } = controlOf({ ...OVERLAY, replaced: new Map([['n', held]]) }, 0);
    assert.equal(overlay.replaced.size, 0);
    assert.match(warnings.join(), /leaves out 1 tensors/);
    assert.throws(() => controlOf({ ...OVERLAY, branches: new Map() }, 0), /this patch has none/);
  });
});
