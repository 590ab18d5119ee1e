import * as vscode from 'vscode';
import { formatProgress } from '../base/format.ts';
import { plainText } from '../base/plainText.ts';
import type { Progress } from '../base/progress.ts';
import type { DeviceChoice } from '../kernels/device.ts';
import type { WorkerClient } from '../worker/client.ts';
import type { Listeners } from '../worker/process.ts';
import type { JobParameters, Method, Result } from '../worker/contract.ts';
import { showWarning } from './messages.ts';
import { readSettings } from './settings.ts';
import type { StatusItem } from './status.ts';

/** Whoever else listens to a job, and may end it. */
export interface LongOptions extends Listeners {
  readonly controller?: AbortController;
}

type Report = vscode.Progress<{ message?: string; increment?: number }>;

/** Runs jobs of the worker with everything a person wants to see of them. */
export class Jobs {
  private readonly worker: WorkerClient;
  private readonly status: StatusItem;
  private readonly log: vscode.LogOutputChannel;
  private readonly warned = new Set<string>();
  private crashed = false;

  constructor(worker: WorkerClient, status: StatusItem, log: vscode.LogOutputChannel) {
    this.worker = worker;
    this.status = status;
    this.log = log;
  }

  /** A job that is over in a moment. */
  quick<M extends Method>(method: M, parameters: JobParameters<M>): Promise<Result<M>> {
    return this.worker.call(method, parameters);
  }

  /**
   * A long job, with progress, rate, remaining time and cancel.
   *
   * @throws whatever ended the job; CancelledError if the person did
   */
  async long<M extends Method>(
    method: M,
    title: string,
    parameters: JobParameters<M>,
    { onProgress: tell, onLive, controller = new AbortController() }: LongOptions = {},
  ): Promise<Result<M>> {
    const options = { location: vscode.ProgressLocation.Notification, title: plainText(title), cancellable: true };
    const run = async (report: Report, token: vscode.CancellationToken): Promise<Result<M>> => {
      token.onCancellationRequested(() => controller.abort());
      const busy = this.status.busy(title);
      const show = progressReporter(report);
      const onProgress = (progress: Progress): void => {
        show(progress);
        tell?.(progress);
      };
      try {
        const begin = performance.now();
        const result = await this.worker.call(method, parameters, { signal: controller.signal, onProgress, onLive });
        this.log.info(`${title}: done in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
        return result;
      } finally {
        busy.dispose();
      }
    };
    return vscode.window.withProgress(options, run);
  }

  /** What the settings ask for, or the CPU after a device has taken the worker down with it. */
  get deviceChoice(): DeviceChoice {
    return this.crashed ? 'cpu' : readSettings().device;
  }

  /** Asks which device computes; a wish that cannot be met is said once. */
  async device(): Promise<void> {
    const report = await this.worker.call('device', { device: this.deviceChoice }).catch((error: unknown) => {
      // A driver that crashes would do so at every start.
      if (this.deviceChoice === 'cpu') throw error;
      this.crashed = true;
      this.log.error(error instanceof Error ? error : String(error));
      this.warnOnce('Asking for a graphics device failed, so the CPU computes until the window is reloaded.');
      return this.worker.call('device', { device: 'cpu' });
    });
    this.status.setDevice(report);
    for (const { provider, ok, milliseconds, detail } of report.checks)
      this.log.info(`device ${provider}: ${ok ? 'ok' : 'not used'}, ${milliseconds?.toFixed(2) ?? '–'} ms, ${detail}`);
    if (report.warning !== undefined) this.warnOnce(report.warning);
  }

  private warnOnce(warning: string): void {
    if (this.warned.has(warning)) return;
    this.warned.add(warning);
    void showWarning(warning);
  }
}

function progressReporter(report: Report): (progress: Progress) => void {
  let phase = '';
  let shown = 0;
  return (progress) => {
    // A notification's bar only grows: without a count of the whole job, the phases after the first show words alone.
    if (phase === '') phase = progress.phase;
    const counts = progress.job !== undefined || phase === progress.phase;
    const increment = counts ? Math.max(0, 100 * shareOf(progress) - shown) : 0;
    shown += increment;
    report.report({ message: plainText(formatProgress(progress)), increment });
  };
}

function shareOf({ job, bytesDone, bytesTotal }: Progress): number {
  if (job !== undefined) return job.total > 0 ? job.done / job.total : 0;
  return bytesTotal > 0 ? bytesDone / bytesTotal : 0;
}
