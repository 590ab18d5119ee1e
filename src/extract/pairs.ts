import { InputError } from '../base/errors.ts';
import type { Checkpoint, LocatedTensor } from '../checkpoint/checkpoint.ts';
import { embeddingOf, isHead } from '../checkpoint/tied.ts';
import { isFloatDtype } from '../safetensors/dtypes.ts';

/** A tensor of the tuned checkpoint and the one of the old base that it came from. */
export interface TensorPair {
  readonly name: string;
  readonly tuned: LocatedTensor;
  readonly old: LocatedTensor;
}

/** Buffers that older transformers stored and nobody trains. */
const BUFFERS = /(^|\.)(rotary_emb\.inv_freq|num_batches_tracked|attn\.(masked_)?bias)$/;

/** @throws InputError if the two are not of one architecture, tensor by tensor */
export function pairTensors(tuned: Checkpoint, oldBase: Checkpoint): TensorPair[] {
  const pairs: TensorPair[] = [];
  for (const [name, located] of tuned.tensors) {
    if (BUFFERS.test(name)) continue;
    const old = oldBase.tensors.get(name) ?? tiedHead(name, oldBase);
    if (old === undefined)
      throw new InputError(`${oldBase.folder} has no tensor ${name}, which the fine-tuned model has.`, SAME);
    assertComparable(name, located, old);
    pairs.push({ name, tuned: located, old });
  }
  const paired = new Set(pairs.map(({ old }) => old.entry.name));
  for (const [name, old] of oldBase.tensors)
    if (!paired.has(name) && !BUFFERS.test(name)) pairs.push(lostTensor(name, old, tuned));
  return pairs;
}

/** A head that the tuned model ties to its embedding; anything else that is missing is another model. */
function lostTensor(name: string, old: LocatedTensor, tuned: Checkpoint): TensorPair {
  const located = tiedHead(name, tuned);
  if (located === undefined)
    throw new InputError(`${tuned.folder} has no tensor ${name}, which the old base has.`, SAME);
  assertComparable(name, located, old);
  return { name, tuned: located, old };
}

const SAME = 'Choose the very base that it was fine-tuned from.';

function tiedHead(name: string, oldBase: Checkpoint): LocatedTensor | undefined {
  return isHead(name.replace(/\.weight$/, '')) && oldBase.config.tiesEmbeddings ? embeddingOf(oldBase) : undefined;
}

function assertComparable(name: string, { entry: tuned }: LocatedTensor, { entry: old }: LocatedTensor): void {
  if (String(tuned.shape) !== String(old.shape))
    throw new InputError(
      `${name} is [${tuned.shape.join(', ')}] in the fine-tuned model and [${old.shape.join(', ')}] in the old base.`,
      'A vocabulary that was resized in fine-tuning cannot be extracted yet.',
    );
  if (!isFloatDtype(tuned.dtype) || !isFloatDtype(old.dtype))
    throw new InputError(
      `${name} is ${isFloatDtype(tuned.dtype) ? old.dtype : tuned.dtype}, which is not computed with.`,
    );
}
