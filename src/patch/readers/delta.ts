import type { TensorEntry } from '../../safetensors/header.ts';
import { refuse, type Read } from '../change.ts';
import { hasFloats } from '../tensorReader.ts';

/** A full delta: Δ itself, under the names of the base, only of the tensors that differ. */
export const DELTA_FILE = 'delta.safetensors';

export function readDelta(entries: Iterable<TensorEntry>): Read[] {
  return [...entries].map((entry): Read => {
    const dot = entry.name.lastIndexOf('.');
    if (dot < 0 || !hasFloats(entry)) return refuse(entry.name, 'it is no delta of a weight');
    return {
      module: entry.name.slice(0, dot),
      parameter: entry.name.slice(dot + 1),
      kind: 'pure delta',
      rules: [],
      recipe: { method: 'full delta', tensors: { delta: entry.name }, shape: entry.shape, linear: false },
    };
  });
}
