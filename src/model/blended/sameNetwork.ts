import { compareVocabularies } from '../../checkpoint/vocabulary/compare.ts';
import { readVocabulary } from '../../checkpoint/vocabulary/readVocabulary.ts';
import type { Architecture } from '../architecture.ts';
import type { LoadedModel } from '../loadedModel.ts';
import { NoLineError } from './noLine.ts';

const NO_LINE = 'Leave out the old base, and only the scales of the patch on the new base are probed.';

/** What two bases must share for the weights between them to mean anything; texts are cut to the new base's length. */
const PROPERTIES: Readonly<Record<string, (architecture: Architecture) => unknown>> = {
  class: ({ name }) => name,
  layers: ({ layers }) => layers.length,
  'hidden size': ({ hidden }) => hidden,
  'intermediate size': ({ intermediate }) => intermediate,
  'heads, key-value heads and head size': ({ heads, keyValueHeads, headSize }) => [heads, keyValueHeads, headSize],
  vocabulary: ({ vocabulary }) => vocabulary,
  'tied head': ({ tied }) => tied,
  'attention windows': ({ layers }) => layers.map(({ window }) => window ?? 0),
};

/** @throws NoLineError naming what differs, if the old base's network is not the new one's */
export function assertSameNetwork(old: LoadedModel, now: LoadedModel): void {
  const where = `${old.checkpoint.folder} and ${now.checkpoint.folder}`;
  for (const [name, of] of Object.entries(PROPERTIES)) {
    const [before, after] = [String(of(old.architecture)), String(of(now.architecture))];
    if (before !== after)
      throw new NoLineError(
        `There is no line between ${where}: they differ in ${name} (${before}, then ${after}).`,
        NO_LINE,
      );
  }
  if (rest(old.architecture, now.architecture) !== rest(now.architecture, old.architecture))
    throw new NoLineError(
      `There is no line between ${where}: by their config.json the same weights are computed with otherwise (rotary embedding, norms, activation, biases or caps).`,
      NO_LINE,
    );
}

/** All that a network follows from, with angles as numbers; but for the length, up to that which both have. */
function rest(architecture: Architecture, other: Architecture): string {
  const { ropes, layers, maxLength, ...plain } = architecture;
  const length = Math.min(maxLength, other.maxLength);
  const angles = ropes.map((rope) => [rope.dimension, rope.frequencies(1), rope.frequencies(length)]);
  return JSON.stringify([plain, layers.map(({ rope }) => rope), angles], (_key, value: unknown) => value ?? null);
}

/**
 * Rows of the vocabulary are blended by their place.
 *
 * @returns warnings
 * @throws NoLineError if tokens stand in other rows
 */
export async function compareTokens({ checkpoint: old }: LoadedModel, { checkpoint: now }: LoadedModel) {
  const [before, after] = [await readVocabulary(old.folder, old.names), await readVocabulary(now.folder, now.names)];
  if (before === undefined || after === undefined) return [];
  const { moved, different, added, removed } = compareVocabularies(before, after);
  if (different || moved.length > 0)
    throw new NoLineError(
      `There is no line between ${old.folder} and ${now.folder}: their tokens have other numbers.`,
      NO_LINE,
    );
  const changed = Math.max(added.length, removed.length);
  return changed === 0
    ? []
    : [`${changed} tokens differ between old and new base; their rows are blended like all others.`];
}
