import type { Checkpoint } from '../../checkpoint/checkpoint.ts';
import { isEmbeddingTensor } from '../../checkpoint/tied.ts';
import type { Patch } from '../../patch/patch.ts';
import { elements } from '../../safetensors/shape.ts';
import type { PlanItem } from './planTypes.ts';

/** What is certain without reading weights, and worth knowing before a port. */
export function lineageWarnings(
  patch: Patch,
  newBase: Checkpoint,
  oldBase: Checkpoint | null,
  items: readonly PlanItem[],
  unties: boolean,
): string[] {
  const warnings: string[] = [];
  if (unties)
    warnings.push(
      'The new base ties its head to the embedding and the patch changes one of the two: the output has both, untied, as ' +
        "training computed. Choose “shared” to add to the one matrix, as PEFT's merge does.",
    );
  else if (newBase.config.tiesEmbeddings && items.some(({ target }) => isEmbeddingTensor(target)))
    warnings.push('The new base ties its head to the embedding: what the patch adds to one changes the other too.');
  const name = patch.config.base_model_name_or_path;
  if (/(bnb|4bit|8bit|gptq|awq)/i.test(name ?? ''))
    warnings.push(
      `The patch was trained on a quantised base (${name ?? ''}); it is added to 16-bit weights, which it never saw.`,
    );
  if (
    oldBase?.config.tiesEmbeddings &&
    !newBase.config.tiesEmbeddings &&
    items.some(({ target }) => isEmbeddingTensor(target))
  )
    warnings.push(
      'The old base ties its head to the embedding and the new one does not: what training changed in both is added to the ' +
        'embedding only.',
    );
  if (oldBase !== null) warnings.push(...compareBases(oldBase, newBase, items));
  return warnings;
}

function compareBases(oldBase: Checkpoint, newBase: Checkpoint, items: readonly PlanItem[]): string[] {
  const warnings: string[] = [];
  if (oldBase.config.architecture !== newBase.config.architecture)
    warnings.push(`The old base is a ${oldBase.config.architecture}, the new one a ${newBase.config.architecture}.`);
  if (oldBase.config.vocabularySize !== newBase.config.vocabularySize)
    warnings.push(
      `The vocabulary changed from ${oldBase.config.vocabularySize ?? 'unknown'} to ${newBase.config.vocabularySize ?? 'unknown'} tokens.`,
    );
  const strangers = items.filter(({ source, shape, parts }) => {
    const entry = oldBase.tensors.get(source)?.entry;
    const matched = parts.some(({ old, byToken }) => old !== null || byToken);
    return !matched && (entry === undefined || elements(entry.shape) !== elements(shape));
  });
  if (strangers.length > 0)
    warnings.push(
      `The old base does not have ${strangers.length} of the patched tensors in this shape: is it the right one?`,
    );
  return warnings;
}
