import type { Answer, Request } from '../types.ts';

/** What an item asks, by the item's own key. */
export interface Question {
  readonly requests: readonly Request[];
}

/** Whoever can answer: a network on this machine, or a server. */
export interface Scorer {
  /** Answers all questions, each as soon as it is known, in no particular order. @throws CancelledError */
  answer(
    questions: readonly Question[],
    onAnswered: (question: number, answers: readonly Answer[]) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
