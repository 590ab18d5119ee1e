import type { Diagnosed } from './diagnoseTensor.ts';
import { add, derive } from './figures/derive.ts';
import { noSums } from './figures/tensorSums.ts';
import type { Aggregate, TensorDiagnosis } from './types.ts';

/** Sums of squares added; what only some of the tensors have is of those alone, and left out where one has it not. */
export function aggregate(name: string, found: readonly Diagnosed[]): Aggregate {
  const known = {
    evolution: found.every((one) => one.known.evolution),
    retrained: found.every((one) => one.known.retrained),
  };
  const sums = add(
    found.map((one) => one.sums),
    noSums(),
  );
  return { name, tensors: found.length, ...derive(sums, known) };
}

/** In the order in which their first tensors come. */
export function aggregatesBy(found: readonly Diagnosed[], nameOf: (tensor: TensorDiagnosis) => string): Aggregate[] {
  const groups = new Map<string, Diagnosed[]>();
  for (const one of found) groups.set(nameOf(one.tensor), [...(groups.get(nameOf(one.tensor)) ?? []), one]);
  return Array.from(groups, ([name, members]) => aggregate(name, members));
}
