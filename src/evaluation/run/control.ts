import { InputError } from '../../base/errors.ts';
import { sha256Of } from '../../base/hash.ts';
import { productNorm } from '../../kernels/norms.ts';
import type { Overlay } from '../../model/weights/overlay.ts';
import type { Branch } from '../../model/weights/weight.ts';
import { randomFactors } from '../statistics/randomFactors.ts';

/**
 * Random branches in the place of a patch's own, each of the same rank and the same ‖Δ‖: what a change of this size does
 * where it means nothing.
 *
 * @throws InputError if the patch has nothing of low rank
 */
export function controlOf(
  overlay: Overlay,
  seed: number,
): { readonly overlay: Overlay; readonly warnings: readonly string[] } {
  if (overlay.branches.size === 0)
    throw new InputError('A random control stands for changes of low rank, and this patch has none.');
  const branches = new Map<string, Branch[]>();
  for (const [name, own] of overlay.branches)
    branches.set(
      name,
      own.map((branch, i) => randomBranch(branch, seedOf(seed, name, i))),
    );
  const left = overlay.replaced.size;
  const warnings =
    left === 0 ? [] : [`The random control leaves out ${left} tensors that the patch changes otherwise.`];
  return { overlay: { ...overlay, branches, replaced: new Map() }, warnings };
}

/** 32 bits that neighbouring seeds do not share. */
function seedOf(...parts: readonly (string | number)[]): number {
  return Number.parseInt(sha256Of(JSON.stringify(parts)).slice(0, 8), 16);
}

function randomBranch(branch: Branch, seed: number): Branch {
  const { left, right, rank, scaling } = branch;
  const shape = { rows: left.length / rank, rank, columns: right.length / rank };
  const { a, b } = randomFactors(shape, Math.abs(scaling) * productNorm(left, right, shape), seed);
  return { ...branch, left: b, right: a, scaling: 1 };
}
