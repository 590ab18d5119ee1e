import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { embeddingOf } from '../../checkpoint/tied.ts';
import type { TiedChoice } from './planTypes.ts';

/**
 * A head that the base does not store because it is tied to the embedding.
 * PEFT trains such a head apart from the embedding, so `separate` is what training saw; its merge adds to both.
 */
export function findHead(
  base: Checkpoint,
  head: string,
  choice: TiedChoice,
): { name: string; rule: string; located: LocatedTensor; target: string } | undefined {
  const located = embeddingOf(base);
  if (located === undefined) return undefined;
  const { name } = located.entry;
  return choice === 'shared'
    ? { name, located, target: name, rule: 'the head is tied: added to the shared matrix' }
    : { name, located, target: head, rule: 'the head was tied: it becomes a tensor of its own' };
}
