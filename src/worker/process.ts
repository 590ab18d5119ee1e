import { fork, type ChildProcess } from 'node:child_process';
import { CancellationTokenSource } from 'vscode-jsonrpc';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { NO_MEMORY, UserError } from '../base/errors.ts';
import { formatDuration } from '../base/format.ts';
import type { Progress } from '../base/progress.ts';
import type { LiveScores } from '../evaluation/run/liveScores.ts';
import { PROTOCOL_VERSION, type Method, type JobParameters, type Result } from './contract.ts';
import { MEMORY_HINT } from './forPeople.ts';
import { Heartbeat, HUNG_MS } from './heartbeat.ts';
import { fromWire, LIVE, PROGRESS, requestType } from './wire.ts';

export interface Exit {
  /** We asked for it. */
  readonly expected: boolean;
  readonly reason: string;
}

/** What a job tells while it runs. */
export interface Listeners {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onLive?: ((scores: LiveScores) => void) | undefined;
}

const STDERR_KEPT = 8192;
const STOP_GRACE_MS = 500;
const CRASHES: readonly NodeJS.Signals[] = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT'];
/** Of Windows (STATUS_ACCESS_VIOLATION). */
const ACCESS_VIOLATION = 0xc0000005;

/** One worker process: its connection, what it says on stderr, and how it ended. */
export class WorkerProcess {
  readonly exited: Promise<Exit>;
  /** Whoever was not cancelled itself can ask again. */
  endedForAnother = false;
  private readonly child: ChildProcess;
  private readonly connection: MessageConnection;
  private readonly listeners = new Map<number, Listeners>();
  private readonly heartbeat: Heartbeat;
  private nextJob = 1;
  private stderr = '';
  private stopping = false;
  /** Why we ended it, where nobody asked for that. */
  private endedBecause: string | undefined;
  private lastProgress: Progress | undefined;

  /** @param hungMs a process that has not answered for so long is ended */
  constructor(entry: string, log: (line: string) => void, hungMs = HUNG_MS) {
    // VS Code's execPath is Electron in the desktop; fork makes it run as Node by itself.
    this.child = fork(entry, [], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.child.stdout?.on('data', (data: Buffer) => log(`worker: ${data.toString().trimEnd()}`));
    this.child.stderr?.on('data', (data: Buffer) => {
      this.stderr = (this.stderr + data.toString()).slice(-STDERR_KEPT);
      log(`worker: ${data.toString().trimEnd()}`);
    });
    this.exited = new Promise((resolve) => {
      this.child.on('error', (error) => resolve({ expected: false, reason: `could not run: ${error.message}` }));
      this.child.once('exit', (code, signal) =>
        resolve({ expected: this.stopping, reason: this.exitReason(code, signal) }),
      );
    });
    this.connection = createMessageConnection(new IPCMessageReader(this.child), new IPCMessageWriter(this.child));
    this.heartbeat = new Heartbeat(
      { ask: () => this.ask(), onSilent: (seconds) => this.tellSilence(seconds), onHung: () => this.endHung(hungMs) },
      hungMs,
    );
    this.connection.onNotification(PROGRESS, ({ job, progress }) => {
      this.heartbeat.heard();
      this.lastProgress = progress;
      this.listeners.get(job)?.onProgress?.(progress);
    });
    this.connection.onNotification(LIVE, ({ job, scores }) => this.listeners.get(job)?.onLive?.(scores));
    this.connection.onError(([error]) => log(`worker connection: ${error.message}`));
    this.connection.listen();
  }

  get dead(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** @throws what the worker threw, or UserError if the process ends first */
  async request<M extends Method>(
    method: M,
    parameters: JobParameters<M>,
    listeners: Listeners,
    signal: AbortSignal | undefined,
    timeoutMs?: number,
  ): Promise<Result<M>> {
    const job = this.nextJob++;
    const cancellation = new CancellationTokenSource();
    const cancel = (): void => cancellation.cancel();
    if (signal?.aborted === true) cancel();
    signal?.addEventListener('abort', cancel);
    this.listeners.set(job, listeners);
    const deadline = timeoutMs === undefined ? undefined : this.deadline(timeoutMs);
    const unwatch = this.heartbeat.watch();
    try {
      const answer = this.connection.sendRequest(requestType(method), { job, parameters }, cancellation.token);
      return await Promise.race([answer, this.death(), ...(deadline ? [deadline.passed] : [])]);
    } catch (error) {
      throw fromWire(error);
    } finally {
      unwatch();
      clearTimeout(deadline?.timer);
      this.listeners.delete(job);
      signal?.removeEventListener('abort', cancel);
      cancellation.dispose();
    }
  }

  /** Asks it to end, and makes it. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.child.connected) this.child.disconnect();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
    this.connection.dispose();
  }

  async kill(): Promise<void> {
    this.stopping = true;
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** For a job that was cancelled and does not end. */
  async endFor(method: Method): Promise<void> {
    this.endedForAnother = true;
    this.endedBecause = `was ended with a job (${method}) that was cancelled and did not end`;
    await this.kill();
  }

  /** `hello` is answered at once, whatever job runs. */
  private ask(): Promise<unknown> {
    const parameters = { protocolVersion: PROTOCOL_VERSION };
    return this.connection.sendRequest(requestType('hello'), { job: 0, parameters });
  }

  /** The running job's progress stands still: it says so instead of showing a rate of long ago. */
  private tellSilence(seconds: number): void {
    const last = this.lastProgress;
    if (last === undefined) return;
    const phase = `${last.phase} (no sign of life for ${formatDuration(seconds)})`;
    const still = { ...last, phase, rate: 0, secondsLeft: undefined };
    for (const { onProgress } of this.listeners.values()) onProgress?.(still);
  }

  private endHung(hungMs: number): void {
    this.endedBecause = `did not answer for ${formatDuration(hungMs / 1000)}, was taken for hung and ended`;
    this.child.kill('SIGKILL');
  }

  private async death(): Promise<never> {
    const { reason } = await this.exited;
    throw new UserError(`The worker process ${reason} before the job was done.`, this.lastWords());
  }

  /** A process that ended by itself says why; one that was killed had no time to. */
  private lastWords(): string {
    if (this.endedBecause === undefined && (this.child.signalCode === 'SIGKILL' || NO_MEMORY.test(this.stderr)))
      return MEMORY_HINT;
    // Node ends with its version.
    const lines = this.stderr.split('\n').filter((line) => !/^(Node\.js v.*)?$/.test(line.trim()));
    const last = lines.findLast((line) => /Error\b/.test(line)) ?? lines.at(-1);
    return this.child.signalCode === null && last !== undefined
      ? `It said: ${last.trim()}`
      : 'Nothing half-written is left. Start the job again.';
  }

  /** Ends a process that does not answer in time; whoever gets the answer first clears the timer. */
  private deadline(milliseconds: number): { timer: NodeJS.Timeout; passed: Promise<never> } {
    let timer!: NodeJS.Timeout;
    const passed = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new UserError(
            `The worker process did not answer within ${milliseconds / 1000} s.`,
            'Start the job again; if it does not help, the log says more (PortLLM: Show Log).',
          ),
        );
        void this.kill();
      }, milliseconds);
    });
    return { timer, passed };
  }

  private exitReason(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.endedBecause !== undefined) return this.endedBecause;
    const aborted = signal === 'SIGABRT' || code === 134;
    if (aborted && NO_MEMORY.test(this.stderr)) return 'ran out of memory';
    if (code === 137 || signal === 'SIGKILL') return 'was killed (SIGKILL; by the system if memory ran out)';
    if (signal !== null && CRASHES.includes(signal)) return `crashed in native code (${signal})`;
    if (code === ACCESS_VIOLATION) return 'crashed in native code (access violation)';
    return signal === null ? `ended with exit code ${code ?? 'unknown'}` : `was ended by ${signal}`;
  }
}
