import type { Architecture } from '../architecture.ts';
import { buildBody } from '../graph/body.ts';
import { buildHead } from '../graph/head.ts';
import { EMBEDDING, HEAD } from '../names.ts';
import type { WeightSet } from './weight.ts';

/** Names and shapes of all weights that an architecture's network asks for: found out by building it. */
export function neededWeights(architecture: Architecture): Map<string, readonly number[]> {
  const needed = new Map<string, readonly number[]>();
  const weight: WeightSet['weight'] = (name, shape) => {
    needed.set(name, shape);
    return { place: 'mapped', name, shape, type: 'float32', root: '', location: '', offset: 0 };
  };
  const head: WeightSet['head'] = (shape) => weight(architecture.tied ? EMBEDDING : HEAD, shape);
  const recorder: WeightSet = { weight, head, branches: () => [], headBranches: [] };
  buildBody(architecture, recorder, { tree: false, cached: false, plainAttention: false, onDevice: false });
  buildHead(architecture, recorder, 'logits', architecture.vocabulary);
  return needed;
}
