import { isHead } from '../../checkpoint/tied.ts';
import type { Refusal } from '../../patch/refusal.ts';
import type { Placement } from './placement.ts';

/**
 * Two modules of one patch that lead to the same place, by different names: which of the two was meant nobody can tell. A
 * head and an embedding that are tied are no such twins.
 */
export function refuseTwins(placements: readonly Placement[]): Refusal[] {
  const places = new Map<string, Placement>();
  const refusals: Refusal[] = [];
  for (const placement of placements) {
    const { target, module, part } = placement;
    if (part.recipe.method === 'LoRA on an expert') continue;
    const place = [target, part.begin, part.recipe.method, isHead(module)].join(' ');
    const twin = places.get(place);
    places.set(place, placement);
    if (twin === undefined || twin.module === module) continue;
    const reason = `${twin.module} of the patch leads to ${target} too`;
    refusals.push({ tensor: part.tensors[0] ?? module, kind: 'no target', reason });
  }
  return refusals;
}
