import type { ItemAnswer } from '../../evaluation/results/importing/readItem.ts';
import type { ViewItemDetail } from './viewTypes.ts';

/** Two answers to one item, choice by choice. Prompts of other files may differ: the first one's is shown. */
export function itemDetail(
  task: string,
  docId: number,
  columns: readonly [string, string],
  [own, other]: readonly [ItemAnswer, ItemAnswer],
): ViewItemDetail {
  const [best, otherBest] = [bestOf(own), bestOf(other)];
  return {
    ...{ task, docId, columns, prompt: own.prompt, target: own.target },
    texts: [own.texts, other.texts],
    choices: own.choices.map(({ text, logProbability, isTarget }, i) => ({
      ...{ text, isTarget },
      logProbabilities: [logProbability, other.choices[i]?.logProbability ?? null],
      isBest: [i === best, i === otherBest],
    })),
  };
}

function bestOf({ choices }: ItemAnswer): number {
  if (choices.length < 2 || choices.every(({ logProbability }) => logProbability === null)) return -1;
  const values = choices.map(({ logProbability }) => logProbability ?? -Infinity);
  return values.indexOf(Math.max(...values));
}
