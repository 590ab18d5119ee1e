import type { PageContract } from '../contract.ts';

interface Api {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): Api;

/** The page's end of its contract. VS Code hands its API out once. */
export class HostEnd<C extends PageContract> {
  private readonly api = acquireVsCodeApi();

  constructor(onMessage: (message: C['toPage']) => void) {
    window.addEventListener('message', (event: MessageEvent<C['toPage']>) => onMessage(event.data));
  }

  send(message: C['fromPage']): void {
    this.api.postMessage(message);
  }

  get state(): C['state'] | undefined {
    return this.api.getState();
  }

  set state(state: C['state']) {
    this.api.setState(state);
  }
}
