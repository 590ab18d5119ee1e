import type { CancellationToken, MessageConnection, RequestHandler, ResponseError } from 'vscode-jsonrpc';
import { INTERRUPTED, throwIfCancelled } from '../base/abort.ts';
import { CancelledError } from '../base/errors.ts';
import { QUEUED, type JobContext, type Method, type Result, type WireError, type WorkerHandlers } from './contract.ts';
import { forPeople } from './forPeople.ts';
import { LIVE, PROGRESS, requestType, toWire, type Envelope } from './wire.ts';

/** Answers every method of the contract on a connection; `shutdown` interrupts the jobs and waits for them to clean up. */
export function serve(connection: MessageConnection, handlers: WorkerHandlers): { shutdown(): Promise<void> } {
  const queue = new Queue();
  const closing = new AbortController();
  for (const method of Object.keys(handlers) as Method[]) register(connection, handlers, method, queue, closing.signal);
  return {
    shutdown: () => {
      closing.abort(INTERRUPTED);
      return queue.drained();
    },
  };
}

function register<M extends Method>(
  connection: MessageConnection,
  handlers: WorkerHandlers,
  method: M,
  queue: Queue,
  closing: AbortSignal,
): void {
  const answer = async ({ job, parameters }: Envelope<M>, token: CancellationToken): Promise<Answer<M>> => {
    const signal = AbortSignal.any([toSignal(token), closing]);
    const sink: JobContext['sink'] = (progress) => void connection.sendNotification(PROGRESS, { job, progress });
    const onLive: JobContext['onLive'] = (scores) => void connection.sendNotification(LIVE, { job, scores });
    const run = (): Promise<Result<M>> => {
      throwIfCancelled(signal);
      return handlers[method](parameters, { sink, onLive, signal });
    };
    try {
      return await (QUEUED.has(method) ? queue.add(run, signal) : run());
    } catch (error) {
      return toWire(forPeople(error));
    }
  };
  connection.onRequest(requestType(method), answer as RequestHandler<Envelope<M>, Result<M>, WireError>);
}

type Answer<M extends Method> = Result<M> | ResponseError<WireError>;

class Queue {
  private last: Promise<unknown> = Promise.resolve();

  /** A job that is cancelled while it waits ends at once; its turn passes when it comes. */
  add<T>(job: () => Promise<T>, signal: AbortSignal): Promise<T> {
    let waiting = true;
    const result = this.last.then(() => {
      waiting = false;
      return job();
    });
    this.last = result.catch(() => undefined);
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        if (waiting) reject(new CancelledError());
      });
    });
    return Promise.race([result, cancelled]);
  }

  async drained(): Promise<void> {
    await this.last;
  }
}

function toSignal(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  else token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
