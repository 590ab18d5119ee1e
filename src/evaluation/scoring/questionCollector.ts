import type { Answer } from '../types.ts';
import type { Question } from './scorer.ts';

/** Hands a question on when all of its requests are answered. */
export class QuestionCollector {
  private readonly answers: (Answer | undefined)[][];
  private readonly onAnswered: (question: number, answers: readonly Answer[]) => void;

  constructor(questions: readonly Question[], onAnswered: (question: number, answers: readonly Answer[]) => void) {
    this.answers = questions.map(({ requests }) => requests.map(() => undefined));
    this.onAnswered = onAnswered;
  }

  add(question: number, place: number, answer: Answer): void {
    const own = this.answers[question] ?? [];
    own[place] = answer;
    const known = own.flatMap((one) => one ?? []);
    if (known.length === own.length) this.onAnswered(question, known);
  }
}
