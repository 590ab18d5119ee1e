import { throwIfCancelled } from '../../base/abort.ts';
import { InputError } from '../../base/errors.ts';
import { ProgressMeter, type ProgressSink } from '../../base/progress.ts';
import type { Scorer } from '../scoring/scorer.ts';
import type { Answer, Item } from '../types.ts';

/** What the progress of answers counts. */
export const ITEMS = 'items';
/**
 * Items are answered in the order of the documents, so many at once, so that what is known early is no odd choice. What is
 * computed together rounds together: the last digits of an answer depend on its block.
 */
export const BLOCK = 128;

export interface Asking {
  /** What the items are asked of, and their task. */
  readonly label: string;
  readonly task: string;
  /** Items that were answered before. */
  readonly done: number;
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

/**
 * @param scorer undefined where no items are left: then the progress says so
 * @throws InputError if one cannot be answered; CancelledError
 */
export async function answerItems(
  scorer: Scorer | undefined,
  items: readonly Item[],
  onAnswered: (item: Item, answers: readonly Answer[]) => void,
  { label, task, done, sink, signal }: Asking,
): Promise<void> {
  const all = done + items.length;
  const meter = new ProgressMeter(
    `${label} · ${task}`,
    { bytes: all, tensors: all, unit: ITEMS, done: { bytes: done, tensors: done } },
    sink,
  );
  for (let from = 0; from < items.length; from += BLOCK) {
    throwIfCancelled(signal);
    const some = items.slice(from, from + BLOCK);
    const onQuestion = (question: number, own: readonly Answer[]): void => {
      const item = some[question];
      if (item === undefined) throw new Error(`an answer to question ${question} of ${some.length}`);
      onAnswered(item, own);
      meter.addBytes(1);
      meter.addTensor();
    };
    await scorer?.answer(some, onQuestion, signal);
  }
}

/** @throws InputError with the task's name in it, where answering throws one */
export function namingTask<T>(task: string, answering: Promise<T>): Promise<T> {
  return answering.catch((error: unknown) => {
    throw error instanceof InputError ? new InputError(`${task}: ${error.message}`, error.hint) : error;
  });
}
