import type { ProgressSink } from '../../base/progress.ts';
import { ITEMS } from './answerItems.ts';

/** Adds to the progress of some of the items how far all of them are. */
export class AllItems {
  private readonly total: number;
  private readonly reported = new Map<string, number>();
  private readonly out: ProgressSink;

  constructor(total: number, out: ProgressSink) {
    this.total = total;
    this.out = out;
  }

  readonly sink: ProgressSink = (progress) => {
    if (progress.unit === ITEMS) this.reported.set(progress.phase, progress.bytesDone);
    const done = [...this.reported.values()].reduce((sum, count) => sum + count, 0);
    const left = progress.rate > 0 ? (this.total - done) / progress.rate : undefined;
    const secondsLeft = progress.unit === ITEMS ? left : undefined;
    this.out({ ...progress, secondsLeft, job: { done, total: this.total } });
  };
}
