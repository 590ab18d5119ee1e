import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { CancelledError, UserError } from '../base/errors.ts';
import { formatProgress } from '../base/format.ts';
import { printable, printableJson, printableLines } from '../base/printable.ts';
import type { Progress } from '../base/progress.ts';
import { WorkerClient } from '../worker/client.ts';

/** A person gives the job up; a connection that is lost or a time limit does not, and what is finished is kept. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** 128 + the signal's number, as shells have it. */
const EXIT_CODES: Readonly<Record<(typeof SIGNALS)[number], number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** What a command may write: results on standard output, everything else on standard error. Ctrl+C cancels. */
export class Console {
  readonly worker: WorkerClient;
  readonly signal: AbortSignal;
  private readonly json: boolean;
  private readonly controller = new AbortController();
  private bar: SingleBar | undefined;
  private readonly interrupt = (name: (typeof SIGNALS)[number]): void => {
    // The second time is meant.
    if (name !== 'SIGINT' || this.signal.aborted) void this.worker.stop().finally(() => process.exit(EXIT_CODES[name]));
    else this.controller.abort();
  };

  constructor(json: boolean) {
    this.json = json;
    this.signal = this.controller.signal;
    this.worker = new WorkerClient({ entry: join(__dirname, 'worker.js'), idleMs: 60_000, log: () => undefined });
    for (const name of SIGNALS) process.on(name, this.interrupt);
  }

  /** With --json the value as one document, else the lines. */
  result(value: unknown, lines: () => readonly string[]): void {
    this.endBar();
    process.stdout.write(this.json ? jsonText(value) : textOf(lines()));
  }

  /** What is known before the result, and lost where something else fails; with --json the result has it all. */
  early(lines: () => readonly string[]): void {
    this.endBar();
    if (!this.json) process.stdout.write(textOf(lines()));
  }

  /** How things stand, while something goes on elsewhere. */
  note(line: string): void {
    this.endBar();
    process.stderr.write(`${printableLines(line)}\n`);
  }

  warn(line: string): void {
    this.endBar();
    process.stderr.write(`warning: ${printableLines(line)}\n`);
  }

  readonly progress = (progress: Progress): void => {
    this.bar ??= this.startBar();
    const { done, total } = progress.job ?? { done: progress.bytesDone, total: progress.bytesTotal };
    this.bar.setTotal(Math.max(1, total));
    this.bar.update(done, { line: printable(formatProgress(progress)) });
  };

  fail(error: unknown): void {
    this.endBar();
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof UserError ? error.hint : undefined;
    if (this.json) process.stdout.write(jsonText({ error: { message, hint: hint ?? null } }));
    const prefix = error instanceof CancelledError ? '' : 'error: ';
    process.stderr.write(
      `${prefix}${printableLines(message)}\n${hint === undefined ? '' : `${printableLines(hint)}\n`}`,
    );
  }

  /** Not the person's doing: show where, so that it can be reported. */
  bug(error: unknown): void {
    if (error instanceof Error)
      process.stderr.write(`This is a bug in PortLLM; please report it.\n${error.stack ?? ''}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.endBar();
    for (const name of SIGNALS) process.off(name, this.interrupt);
    await this.worker.stop();
  }

  private startBar(): SingleBar {
    const bar = new SingleBar({
      format: '[{bar}] {percentage} % {line}',
      stream: process.stderr,
      noTTYOutput: true,
      notTTYSchedule: 2000,
      barsize: 24,
      hideCursor: true,
      gracefulExit: false,
      barCompleteChar: '█',
      barIncompleteChar: '░',
    });
    bar.start(1, 0, { line: '' });
    return bar;
  }

  private endBar(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${printableLines(line)}\n`).join('');
}

function jsonText(value: unknown): string {
  return printableJson(JSON.stringify(value, null, 2)) + '\n';
}
