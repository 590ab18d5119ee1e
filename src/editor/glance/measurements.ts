import { CancelledError, problemText } from '../../base/errors.ts';
import { formatBytes } from '../../base/format.ts';
import type { FiguresState, TensorPlace } from '../../../webview/contract.ts';
import type { WorkerClient } from '../../worker/client.ts';
import { assertTrusted } from '../trust.ts';

type Tell = (tensor: TensorPlace, state: FiguresState) => void;

interface Running {
  readonly tensor: TensorPlace;
  readonly controller: AbortController;
  message: string;
}

const WAITING = 'Waiting for the worker process, which reads weights for one job after the other …';

/** The figures that a page has asked for: one tensor at a time; what was found out is kept while the file stays as it is. */
export class Measurements {
  private readonly worker: WorkerClient;
  private readonly tell: Tell;
  private readonly known = new Map<string, { readonly tensor: TensorPlace; readonly state: FiguresState }>();
  private running: Running | undefined;

  constructor(worker: WorkerClient, tell: Tell) {
    this.worker = worker;
    this.tell = tell;
  }

  /** @param pathOf where the tensor's file is; it may throw what stands in the way */
  async measure(tensor: TensorPlace, pathOf: () => Promise<string>): Promise<void> {
    this.cancel();
    const running: Running = { tensor, controller: new AbortController(), message: WAITING };
    this.running = running;
    this.tell(tensor, { type: 'running', message: WAITING });
    const state = await this.figures(running, pathOf).catch(stateOf);
    const other = this.running === running ? undefined : this.running;
    if (other === undefined) this.running = undefined;
    // The same tensor was asked for again: its own words are on their way.
    if (other !== undefined && keyOf(other.tensor) === keyOf(tensor)) return;
    // What was found out about a file that is not shown any more is of no use.
    if (state.type === 'done' && running.controller.signal.aborted) return;
    if (state.type === 'done') this.known.set(keyOf(tensor), { tensor, state });
    this.tell(tensor, state);
  }

  cancel(): void {
    this.running?.controller.abort();
  }

  /** The file is another one now. */
  forget(): void {
    this.cancel();
    this.known.clear();
  }

  /** To a page that has begun anew. */
  tellAll(): void {
    for (const { tensor, state } of this.known.values()) this.tell(tensor, state);
    if (this.running !== undefined) this.tell(this.running.tensor, { type: 'running', message: this.running.message });
  }

  private async figures(running: Running, pathOf: () => Promise<string>): Promise<FiguresState> {
    const { tensor, controller } = running;
    assertTrusted('Computing norms');
    const request = { file: await pathOf(), tensor: tensor.name };
    const figures = await this.worker.call('tensorFigures', request, {
      signal: controller.signal,
      onProgress: ({ bytesDone, bytesTotal, rate }) => {
        const speed = rate > 0 ? ` · ${formatBytes(Math.round(rate))}/s` : '';
        running.message = `${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)} read${speed}`;
        if (!controller.signal.aborted) this.tell(tensor, { type: 'running', message: running.message });
      },
    });
    return { type: 'done', figures };
  }
}

function keyOf({ name, file }: TensorPlace): string {
  return `${file}\0${name}`;
}

function stateOf(error: unknown): FiguresState {
  if (error instanceof CancelledError) return { type: 'cancelled' };
  return { type: 'failed', message: problemText(error) };
}
