import { goldOf, scoreItem } from '../tasks/score.ts';
import type { Task } from '../tasks/task.ts';
import type { Answer, Item } from '../types.ts';

export interface ItemLoss {
  /** −log p of the right answer, summed over its tokens, in nats. */
  readonly loss: number;
  readonly tokens: number;
  /** The task's `acc`: 0 or 1; undefined where it has none. */
  readonly right: number | undefined;
}

/** Of several right choices the likeliest counts. @throws InputError for a gold answer that is no choice */
export function itemLoss(task: Task, item: Item, answers: readonly Answer[]): ItemLoss {
  const asked = task.outputType === 'multiple_choice' ? goldOf(task, item).map((choice) => answers[choice]) : answers;
  const [likeliest] = asked.flatMap(likelihoodOf).sort((a, b) => b.logProbability - a.logProbability);
  if (likeliest === undefined) throw new Error(`${task.name}: document ${item.docId} has no answer with a likelihood`);
  const accuracy = scoreItem(task, item, answers)[0]?.values.acc;
  return {
    loss: -likeliest.logProbability,
    tokens: likeliest.tokens,
    right: typeof accuracy === 'number' ? accuracy : undefined,
  };
}

function likelihoodOf(answer: Answer | undefined): Exclude<Answer, { kind: 'generate_until' }>[] {
  return answer === undefined || answer.kind === 'generate_until' ? [] : [answer];
}
