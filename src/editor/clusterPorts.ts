import { basename, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { CancelledError, UserError } from '../base/errors.ts';
import { plainText } from '../base/plainText.ts';
import { VERSION } from '../base/version.ts';
import { cancelJob, lookAt, readJob, submitPort, type Job, type PartState } from '../cluster/portJob.ts';
import { readProfile } from '../cluster/profile.ts';
import { failureOf, isOver, summaryOf } from '../cluster/words.ts';
import { Pieces } from '../port/parts/pieces.ts';
import type { PortPlan, PortRequest } from '../port/plan/planTypes.ts';
import type { Jobs } from './jobs.ts';
import { showErrorMessage } from './messages.ts';
import { showError } from './showError.ts';
import { readSettings } from './settings.ts';

const KEY = 'portllm.clusterPorts';
const LOOK_MS = 3000;

export interface ClusterPortsParts {
  readonly extensionUri: vscode.Uri;
  readonly state: vscode.Memento;
  readonly jobs: Jobs;
  readonly log: vscode.LogOutputChannel;
  /** An output that has appeared. */
  readonly onMade: (folder: string) => Promise<void>;
}

/** Ports that a cluster makes: handed over, looked after, and found again when the window was closed meanwhile. */
export class ClusterPorts implements vscode.Disposable {
  private readonly parts: ClusterPortsParts;
  private readonly closing = new AbortController();
  private readonly watched = new Set<string>();

  constructor(parts: ClusterPortsParts) {
    this.parts = parts;
  }

  /** @throws UserError if the cluster does not take it */
  async submit(request: PortRequest, plan: PortPlan): Promise<void> {
    const { profile } = readSettings().slurm;
    const { extensionUri, log } = this.parts;
    const job = await submitPort(request, plan, {
      ...{ count: undefined, version: VERSION, node: process.execPath },
      profile: profile === undefined ? {} : await readProfile(profile),
      cli: vscode.Uri.joinPath(extensionUri, 'dist', 'cli.js').fsPath,
    });
    log.info(`${request.out}: submitted as job ${job.array}`);
    const out = resolve(request.out);
    await this.remember([...new Set([...this.remembered(), out])]);
    void this.watch(out);
  }

  /** Those that an earlier window has left. */
  resume(): void {
    for (const out of this.remembered()) void this.watch(out);
  }

  /** The jobs go on. */
  dispose(): void {
    this.closing.abort();
  }

  private async watch(out: string): Promise<void> {
    if (this.watched.has(out)) return;
    this.watched.add(out);
    const problem = await this.show(out).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    this.watched.delete(out);
    if (this.closing.signal.aborted) return;
    await this.forget(out);
    try {
      await (problem === undefined ? this.parts.onMade(out) : this.tell(out, problem.error));
    } catch (error) {
      await showError(error, this.parts.log);
    }
  }

  /** Until it ends, as a notification; to cancel that takes the jobs back. */
  private async show(out: string): Promise<void> {
    const job = await readJob(out);
    const title = plainText(`Porting ${basename(out)} on the cluster`);
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    await vscode.window.withProgress(options, async (report, token) => {
      const waking = new AbortController();
      token.onCancellationRequested(() => waking.abort());
      const signal = AbortSignal.any([waking.signal, this.closing.signal]);
      for (;;) {
        const states = await this.look(out, job);
        report.report({ message: plainText(states === undefined ? 'Slurm does not answer' : summaryOf(states)) });
        if (states !== undefined && isOver(states)) {
          if (states.some(({ state }) => state === 'failed')) throw failureOf(states);
          return;
        }
        await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
        if (this.closing.signal.aborted) return;
        if (!waking.signal.aborted) continue;
        await cancelJob(job);
        throw new CancelledError();
      }
    });
  }

  /** Nothing where Slurm does not answer, which passes. */
  private async look(out: string, job: Job): Promise<readonly PartState[] | undefined> {
    try {
      return await lookAt(out, job);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.parts.log.warn(error.message);
      return undefined;
    }
  }

  private async tell(out: string, error: unknown): Promise<void> {
    const { log, jobs } = this.parts;
    if (error instanceof CancelledError) {
      log.info(`${out}: taken back from the cluster; what is finished stays`);
      return;
    }
    log.error(error instanceof UserError ? error.message : error instanceof Error ? error : String(error));
    const text = error instanceof Error ? error.message : String(error);
    const choice = await showErrorMessage(text, 'Submit Again', 'Show Log');
    if (choice === 'Show Log') log.show();
    if (choice !== 'Submit Again') return;
    const request = await Pieces.of(out).request();
    await this.submit(request, await jobs.quick('plan', request));
  }

  private remembered(): readonly string[] {
    return this.parts.state.get<readonly string[]>(KEY, []);
  }

  private async remember(outs: readonly string[]): Promise<void> {
    await this.parts.state.update(KEY, outs);
  }

  private async forget(out: string): Promise<void> {
    await this.remember(this.remembered().filter((other) => other !== out));
  }
}
