import * as vscode from 'vscode';
import { CancelledError } from '../../base/errors.ts';
import type { Divisible } from '../../base/partsFolder.ts';
import { plainText } from '../../base/plainText.ts';
import { VERSION } from '../../base/version.ts';
import { cancelJob, isMade, readJob, submit } from '../../cluster/job.ts';
import type { PartState } from '../../cluster/look.ts';
import { readProfile } from '../../cluster/profile.ts';
import { watchJob } from '../../cluster/watch.ts';
import { summaryOf } from '../../cluster/words.ts';
import type { Begun, Work } from '../../worker/contract.ts';
import type { Jobs } from '../jobs.ts';
import { CONTEXT } from '../ids.ts';
import { readSettings } from '../settings.ts';
import { showError } from '../showError.ts';
import { RememberedJobs, type End, type RememberedJob } from './remembered.ts';

const LOOK_MS = 3000;
const DOING: Readonly<Record<Divisible, string>> = {
  port: 'Porting',
  diagnose: 'Diagnosing',
  evaluate: 'Evaluating',
  matrix: 'Matrix',
};

export interface ClusterJobsParts {
  readonly extensionUri: vscode.Uri;
  readonly state: vscode.Memento;
  readonly jobs: Jobs;
  readonly log: vscode.LogOutputChannel;
  /** What has been made. */
  readonly onMade: (job: RememberedJob) => Promise<void>;
}

/** Jobs that a cluster runs: handed over, looked after, and found again when the window was closed meanwhile. */
export class ClusterJobs implements vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  private readonly parts: ClusterJobsParts;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly remembered: RememberedJobs;
  private readonly closing = new AbortController();
  private readonly watched = new Map<string, AbortController>();
  private readonly states = new Map<string, readonly PartState[]>();

  constructor(parts: ClusterJobsParts) {
    this.parts = parts;
    this.remembered = new RememberedJobs(parts.state);
    this.onDidChange = this.changed.event;
    this.tellChange();
  }

  get all(): readonly RememberedJob[] {
    return this.remembered.all;
  }

  /** As it was when Slurm was asked last. */
  statesOf(out: string): readonly PartState[] | undefined {
    return this.states.get(out);
  }

  /**
   * @param title what a person calls it
   * @throws UserError if the cluster does not take it
   */
  async submit(kind: Divisible, title: string, work: Work | Begun): Promise<void> {
    const { profile } = readSettings().slurm;
    const { extensionUri, log, jobs } = this.parts;
    const divided = await jobs.quick('divide', { work });
    const { out } = divided;
    const job = await submit(divided, {
      ...{ kind, version: VERSION, node: process.execPath, device: readSettings().device },
      profile: profile === undefined ? {} : await readProfile(profile),
      cli: vscode.Uri.joinPath(extensionUri, 'dist', 'cli.js').fsPath,
    });
    log.info(`${out}: submitted as job ${job.array}`);
    const remembered = { out, kind, title };
    await this.remembered.put(remembered);
    void this.watch(remembered);
  }

  /** Those that an earlier window has left. */
  resume(): void {
    for (const job of this.all) if (job.end === undefined) void this.watch(job);
  }

  cancel(out: string): void {
    this.watched.get(out)?.abort();
  }

  /** What is missing of one that failed. @throws UserError if the cluster does not take it */
  async again(out: string): Promise<void> {
    const known = this.all.find((job) => job.out === out);
    if (known !== undefined && !this.watched.has(out)) await this.submit(known.kind, known.title, { out });
  }

  async forget(out: string): Promise<void> {
    if (this.watched.has(out)) return;
    await this.remembered.forget(out);
    this.states.delete(out);
    this.tellChange();
  }

  /** The jobs go on. */
  dispose(): void {
    this.closing.abort();
    this.changed.dispose();
  }

  /** The view is there as long as there is something in it, whatever the settings say now. */
  private tellChange(): void {
    void vscode.commands.executeCommand('setContext', CONTEXT.clusterJobs, this.all.length > 0);
    this.changed.fire();
  }

  private async watch(watched: RememberedJob): Promise<void> {
    const { out } = watched;
    if (this.watched.has(out)) return;
    const waking = new AbortController();
    this.watched.set(out, waking);
    this.tellChange();
    const problem = await this.show(watched, waking).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    this.watched.delete(out);
    if (this.closing.signal.aborted) return;
    await this.remembered.end(out, endOf(problem?.error));
    this.changed.fire();
    try {
      await (problem === undefined ? this.parts.onMade(watched) : this.tell(out, problem.error));
    } catch (error) {
      await showError(error, this.parts.log);
    }
  }

  /** Until it ends, as a notification; to cancel that takes the jobs back. */
  private async show({ out, kind, title: what }: RememberedJob, waking: AbortController): Promise<void> {
    // It may have ended while no window was open.
    if (await isMade(out)) return;
    const job = await readJob(out);
    const title = plainText(`${DOING[kind]} ${what} on the cluster`);
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    await vscode.window.withProgress(options, async (report, token) => {
      token.onCancellationRequested(() => waking.abort());
      const signal = AbortSignal.any([waking.signal, this.closing.signal]);
      const onLook = (states: readonly PartState[] | undefined): void => {
        report.report({ message: plainText(states === undefined ? 'Slurm does not answer' : summaryOf(states)) });
        if (states === undefined) return;
        this.states.set(out, states);
        this.changed.fire();
      };
      const onSilence = (message: string): void => this.parts.log.warn(message);
      try {
        await watchJob(out, job, { everyMs: LOOK_MS, onLook, onSilence, signal });
      } catch (error) {
        // With the window the jobs go on.
        if (this.closing.signal.aborted) return;
        if (error instanceof CancelledError) await cancelJob(job);
        throw error;
      }
    });
  }

  private async tell(out: string, error: unknown): Promise<void> {
    const { log } = this.parts;
    if (error instanceof CancelledError) {
      log.info(`${out}: taken back from the cluster; what is finished stays`);
      return;
    }
    const choice = await showError(error, log, 'Submit Again');
    if (choice === 'Submit Again') await this.again(out);
  }
}

function endOf(error: unknown): End {
  if (error === undefined) return 'done';
  return error instanceof CancelledError ? 'cancelled' : 'failed';
}
