import { rowsOf } from '../openItem.ts';
import type { PortInputs } from '../plan/inputs.ts';
import type { PlanItem, PlanPart } from '../plan/planTypes.ts';

/** The trained tokens by the new base's numbers, ascending; tokens that it does not have are not among them. */
export function mappedTokens({ item, part }: { item: PlanItem; part: PlanPart }, inputs: PortInputs): number[] {
  if (part.recipe.method !== 'token rows') throw new Error('only trained tokens have rows of their own');
  const { rows } = part.recipe;
  const map = rowsOf(inputs, item, part);
  if (map === undefined) return [...rows];
  const wanted = new Set(rows);
  return [...map.entries()].filter(([, old]) => wanted.has(old)).map(([row]) => row);
}
