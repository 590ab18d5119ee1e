import { InputError } from '../../base/errors.ts';
import type { Architecture } from '../architecture.ts';
import { EMBEDDING, HEAD } from '../names.ts';
import type { Branch, HeldWeight, Weight, WeightSet } from './weight.ts';

/** What patches do to a model that is otherwise as it is on the disk. */
export interface Overlay {
  readonly branches: ReadonlyMap<string, readonly Branch[]>;
  /** Tensors in the place of the checkpoint's; an untied head is one of them. */
  readonly replaced: ReadonlyMap<string, HeldWeight>;
  /** λ of each patch: the network's scales. */
  readonly scales: readonly number[];
  /** The head has branches of its own, and none of the embedding's. */
  readonly unties: boolean;
}

export const NO_OVERLAY: Overlay = { branches: new Map(), replaced: new Map(), scales: [], unties: false };

/**
 * The weights of a checkpoint under an overlay.
 *
 * @throws InputError if the overlay changes a tensor that the network does not use: it would do nothing, unseen
 */
export function overlaid(
  { tied }: Pick<Architecture, 'tied'>,
  weights: ReadonlyMap<string, Weight>,
  { branches, replaced, unties }: Overlay,
): WeightSet {
  for (const name of [...branches.keys(), ...replaced.keys()])
    if (!weights.has(name) && !(unties && name === HEAD))
      throw new InputError(
        `The patch changes ${name}, which the network has no place for.`,
        'Port it to an adapter, and evaluate that on a server: --endpoint with --load-adapter.',
      );
  const of = (name: string): readonly Branch[] => branches.get(name) ?? [];
  const stored = (name: string): Weight => {
    const weight = weights.get(name);
    if (weight === undefined) throw new Error(`the network asks for ${name}, which was not loaded`);
    return weight;
  };
  const current = (name: string): Weight => replaced.get(name) ?? stored(name);
  return {
    weight: current,
    branches: of,
    head() {
      if (!tied) return current(HEAD);
      return replaced.get(HEAD) ?? (unties ? stored(EMBEDDING) : current(EMBEDDING));
    },
    headBranches: tied && !unties ? of(EMBEDDING) : of(HEAD),
  };
}
