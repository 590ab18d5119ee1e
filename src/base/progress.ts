/** How far a job is. Bytes and tensors count the current phase only; the rate is in bytes a second. */
export interface Progress {
  phase: string;
  /** Set where the work is not bytes: what `bytesDone`, `bytesTotal` and the rate count then. */
  unit?: string;
  bytesDone: number;
  bytesTotal: number;
  tensorsDone: number;
  tensorsTotal: number;
  rate: number;
  secondsLeft: number | undefined;
  /** Of a job whose phases count the same thing, all of them together; `secondsLeft` is then the job's. */
  job?: { readonly done: number; readonly total: number };
}

export type ProgressSink = (progress: Progress) => void;

const INTERVAL_MS = 80;
const WINDOW_MS = 5000;

/** Counts bytes and tensors of one phase and reports at most every 80 ms, with a rate over the last five seconds. */
export class ProgressMeter {
  private bytesDone = 0;
  private tensorsDone = 0;
  private lastReport = -Infinity;
  private readonly samples: { at: number; bytes: number }[];
  private readonly phase: string;
  private readonly unit: string | undefined;
  private readonly total: { bytes: number; tensors: number };
  private readonly sink: ProgressSink;
  private readonly now: () => number;

  /** @param total `done`: so much was done before it began, and is no part of the rate */
  constructor(
    phase: string,
    total: { bytes: number; tensors: number; unit?: string; done?: { bytes: number; tensors: number } },
    sink: ProgressSink,
    now: () => number = () => performance.now(),
  ) {
    this.phase = phase;
    this.total = total;
    this.unit = total.unit;
    this.sink = sink;
    this.now = now;
    this.bytesDone = total.done?.bytes ?? 0;
    this.tensorsDone = total.done?.tensors ?? 0;
    this.samples = [{ at: now(), bytes: this.bytesDone }];
    // A phase that has nothing to do is not worth a word.
    if (total.bytes > 0 || total.tensors > 0) this.report(true);
  }

  addBytes(bytes: number): void {
    this.bytesDone += bytes;
    this.report(false);
  }

  addTensor(): void {
    this.tensorsDone++;
    this.report(this.tensorsDone === this.total.tensors);
  }

  private report(always: boolean): void {
    const at = this.now();
    if (!always && at - this.lastReport < INTERVAL_MS) return;
    this.lastReport = at;
    const rate = this.rate(at);
    const left = this.total.bytes - this.bytesDone;
    this.sink({
      phase: this.phase,
      ...(this.unit === undefined ? {} : { unit: this.unit }),
      bytesDone: this.bytesDone,
      bytesTotal: this.total.bytes,
      tensorsDone: this.tensorsDone,
      tensorsTotal: this.total.tensors,
      rate,
      secondsLeft: rate > 0 ? left / rate : undefined,
    });
  }

  private rate(at: number): number {
    this.samples.push({ at, bytes: this.bytesDone });
    let first = this.samples[0];
    while (first !== undefined && this.samples.length > 2 && at - first.at > WINDOW_MS) {
      this.samples.shift();
      first = this.samples[0];
    }
    const seconds = (at - (first?.at ?? at)) / 1000;
    return seconds > 0 ? (this.bytesDone - (first?.bytes ?? 0)) / seconds : 0;
  }
}
