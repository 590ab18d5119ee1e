import { readMessage, TO_PAGE, type Contracts, type PageName } from '../messages.ts';

interface Api {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): Api;

/** The page's end of its contract. VS Code hands its API out once. */
export class HostEnd<Name extends PageName> {
  private readonly api = acquireVsCodeApi();

  /** What does not follow the contract is passed over. */
  constructor(page: Name, onMessage: (message: Contracts[Name]['toPage']) => void) {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const message = readMessage(TO_PAGE, page, event.data);
      if (message !== undefined) onMessage(message);
    });
  }

  send(message: Contracts[Name]['fromPage']): void {
    this.api.postMessage(message);
  }

  get state(): Contracts[Name]['state'] | undefined {
    return this.api.getState() as Contracts[Name]['state'] | undefined;
  }

  set state(state: Contracts[Name]['state']) {
    this.api.setState(state);
  }
}
