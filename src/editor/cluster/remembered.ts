import type * as vscode from 'vscode';
import type { Divisible } from '../../base/partsFolder.ts';

const KEY = 'portllm.clusterJobs';
/** Of those that have ended the oldest are forgotten. */
const MOST = 50;

export type End = 'done' | 'failed' | 'cancelled';

/** A job that this workspace has handed to a cluster. */
export interface RememberedJob {
  /** What it makes; there is one job for each. */
  readonly out: string;
  readonly kind: Divisible;
  /** What a person calls it. */
  readonly title: string;
  /** Undefined while it is under way. */
  readonly end?: End | undefined;
}

/** The jobs of earlier windows, the newest first. */
export class RememberedJobs {
  private readonly state: vscode.Memento;

  constructor(state: vscode.Memento) {
    this.state = state;
  }

  get all(): readonly RememberedJob[] {
    return this.state.get<readonly RememberedJob[]>(KEY, []);
  }

  /** In the place of what was known of its output. */
  async put(job: RememberedJob): Promise<void> {
    const others = this.all.filter(({ out }) => out !== job.out);
    const kept = [job, ...others].filter(({ end }, at) => end === undefined || at < MOST);
    await this.state.update(KEY, kept);
  }

  async end(out: string, end: End): Promise<void> {
    await this.state.update(
      KEY,
      this.all.map((job) => (job.out === out ? { ...job, end } : job)),
    );
  }

  async forget(out: string): Promise<void> {
    await this.state.update(
      KEY,
      this.all.filter((job) => job.out !== out),
    );
  }
}
