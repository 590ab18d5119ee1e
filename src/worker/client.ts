import { CancelledError, UserError } from '../base/errors.ts';
import { sweepStaging } from '../port/staging.ts';
import { PROTOCOL_VERSION, QUEUED, type Method, type JobParameters, type Result } from './contract.ts';
import { WorkerProcess, type Listeners } from './process.ts';
import { ResumableError } from './resumableError.ts';

export interface WorkerOptions {
  /** The built dist/worker.js. */
  readonly entry: string;
  readonly idleMs: number;
  readonly log: (line: string) => void;
  /** Asked before every job. @throws if there may be none */
  readonly mayStart?: () => void;
  /** A process that has not answered for so long is ended; ten minutes unless told. */
  readonly hungMs?: number;
}

export interface CallOptions extends Listeners {
  readonly signal?: AbortSignal;
}

/** Longer timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const START_TIMEOUT_MS = 30_000;
/** A cancelled job that has not ended by then is ended with its process. */
const CANCEL_GRACE_MS = 800;
/** A worker that dies this often in this time is not started again until somebody asks after the pause. */
const MAX_DEATHS = 3;
const DEATH_WINDOW_MS = 180_000;

/**
 * The supervisor: starts the worker when a job needs it, stops it when idle, and ends every job in exactly one of
 * done, failed, cancelled, whatever becomes of the process.
 */
export class WorkerClient {
  private readonly options: WorkerOptions;
  private process: Promise<WorkerProcess> | undefined;
  private readonly underWay = new Set<Promise<unknown>>();
  private idleTimer: NodeJS.Timeout | undefined;
  private deaths: number[] = [];
  /** The heavy jobs in the order in which they were asked for; the first one runs. */
  private queue: symbol[] = [];

  constructor(options: WorkerOptions) {
    this.options = options;
  }

  /** The process id while the worker runs, for diagnostics. */
  async pid(): Promise<number | undefined> {
    return (await this.process)?.pid;
  }

  /**
   * Runs one job.
   *
   * @throws InputError, UserError as the worker threw them; CancelledError; UserError if the process died
   */
  async call<M extends Method>(method: M, parameters: JobParameters<M>, options: CallOptions = {}): Promise<Result<M>> {
    this.options.mayStart?.();
    clearTimeout(this.idleTimer);
    const job = this.askUntilAnswered(method, parameters, options);
    this.underWay.add(job);
    try {
      return await job;
    } finally {
      this.underWay.delete(job);
      if (this.underWay.size === 0)
        this.idleTimer = setTimeout(() => void this.stop(), Math.min(this.options.idleMs, MAX_TIMER_MS)).unref();
    }
  }

  /** Ends the process, if it runs; jobs that are under way fail, and what they leave is swept. */
  async stop(): Promise<void> {
    clearTimeout(this.idleTimer);
    const starting = this.process;
    this.process = undefined;
    const worker = await starting?.catch(() => undefined);
    await worker?.stop();
    await Promise.allSettled(this.underWay);
  }

  private async askUntilAnswered<M extends Method>(
    method: M,
    parameters: JobParameters<M>,
    options: CallOptions,
  ): Promise<Result<M>> {
    for (;;)
      try {
        if (options.signal?.aborted === true) throw new CancelledError();
        const worker = await this.start();
        return await this.callOn(worker, method, parameters, options);
      } catch (error) {
        // It had not begun, or only reads what is small.
        if (!(error instanceof EndedForAnother)) throw error;
      }
  }

  private async callOn<M extends Method>(
    worker: WorkerProcess,
    method: M,
    parameters: JobParameters<M>,
    { signal, ...listeners }: CallOptions,
  ): Promise<Result<M>> {
    const place = Symbol(method);
    if (QUEUED.has(method)) this.queue.push(place);
    const leaving = this.whenCancelled(worker, method, place, signal);
    try {
      return await Promise.race([worker.request(method, parameters, listeners, signal), leaving.left]);
    } catch (error) {
      const cancelled = signal?.aborted === true;
      const kept = worker.dead && (await sweep(method, parameters, cancelled));
      if (cancelled) throw new CancelledError();
      if (worker.endedForAnother) throw new EndedForAnother();
      throw kept && error instanceof UserError ? new ResumableError(error.message, { cause: error }) : error;
    } finally {
      leaving.dispose();
      this.queue = this.queue.filter((other) => other !== place);
    }
  }

  /**
   * A job that waits leaves at once. The one that runs gets a moment to end by itself, then takes the process with it; so
   * does one that is not queued, but never together with one that is.
   */
  private whenCancelled(
    worker: WorkerProcess,
    method: Method,
    place: symbol,
    signal: AbortSignal | undefined,
  ): { left: Promise<never>; dispose: () => void } {
    let grace: NodeJS.Timeout | undefined;
    let leave: () => void = () => undefined;
    const left = new Promise<never>((_, reject) => (leave = () => reject(new CancelledError())));
    left.catch(() => undefined);
    const end = (): void => {
      const [running] = this.queue;
      if (running === (QUEUED.has(method) ? place : undefined)) void worker.endFor(method);
      else leave();
    };
    const onAbort = (): void => {
      if (QUEUED.has(method) && this.queue[0] !== place) leave();
      else grace = setTimeout(end, CANCEL_GRACE_MS);
    };
    signal?.addEventListener('abort', onAbort);
    const dispose = (): void => {
      clearTimeout(grace);
      signal?.removeEventListener('abort', onAbort);
    };
    return { left, dispose };
  }

  private start(): Promise<WorkerProcess> {
    if (this.process === undefined) {
      const starting = this.spawn(() => this.forget(starting));
      starting.catch(() => this.forget(starting));
      this.process = starting;
    }
    return this.process;
  }

  /** Another process may have been started meanwhile. */
  private forget(ended: Promise<WorkerProcess>): void {
    if (this.process === ended) this.process = undefined;
  }

  private async spawn(onExit: () => void): Promise<WorkerProcess> {
    this.assertNotStorming();
    const { entry, log, hungMs } = this.options;
    const worker = new WorkerProcess(entry, log, hungMs);
    void worker.exited.then(({ expected, reason }) => {
      log(`worker ${worker.pid ?? ''} ${reason}`);
      if (!expected) this.deaths.push(Date.now());
      onExit();
    });
    const hello = await worker.request('hello', { protocolVersion: PROTOCOL_VERSION }, {}, undefined, START_TIMEOUT_MS);
    if (hello.protocolVersion !== PROTOCOL_VERSION) {
      await worker.stop();
      throw new UserError(
        'The extension was updated while this window was open.',
        'Reload the window; if that does not help, install the extension again.',
      );
    }
    log(`worker ${hello.pid} started, PortLLM ${hello.version}, Node ${hello.node}`);
    return worker;
  }

  private assertNotStorming(): void {
    this.deaths = this.deaths.filter((at) => Date.now() - at < DEATH_WINDOW_MS);
    if (this.deaths.length < MAX_DEATHS) return;
    throw new UserError(
      `The worker process died ${this.deaths.length} times in three minutes and is not started again for now.`,
      'Wait three minutes, or reload the window. The log says why (PortLLM: Show Log).',
    );
  }
}

/** The process was ended because a job that was cancelled did not end; this one is not to blame, and is asked for again. */
class EndedForAnother extends Error {}

/** After a process that died: what it was writing is removed, but for shards that the same port can go on with. */
async function sweep(method: Method, parameters: JobParameters<Method>, cancelled: boolean): Promise<boolean> {
  if ((method !== 'port' && method !== 'extract') || !('request' in parameters && 'out' in parameters.request))
    return false;
  return sweepStaging(parameters.request.out, !cancelled);
}
