const LOOK_MS = 5000;
/** From here on it is told. */
const SILENT_MS = 30_000;
/** The longest that is known to block without end in sight: ONNX Runtime opening a large model on a slow disk. */
export const HUNG_MS = 600_000;

export interface HeartbeatEvents {
  /** Asks for an answer. */
  readonly ask: () => Promise<unknown>;
  readonly onSilent: (seconds: number) => void;
  readonly onHung: () => void;
}

/** Notices that the other end has stopped answering, while somebody waits for it. */
export class Heartbeat {
  private readonly events: HeartbeatEvents;
  private readonly hungMs: number;
  private waiting = 0;
  private heardAt = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(events: HeartbeatEvents, hungMs: number) {
    this.events = events;
    this.hungMs = hungMs;
  }

  /** Watches until what it returns is called; several may wait at once. */
  watch(): () => void {
    if (this.waiting++ === 0) this.start();
    return () => {
      if (--this.waiting === 0) clearInterval(this.timer);
    };
  }

  /** Whatever comes is a sign of life. */
  heard(): void {
    this.heardAt = Date.now();
  }

  private start(): void {
    this.heard();
    this.timer = setInterval(() => this.look(), Math.min(LOOK_MS, this.hungMs / 4)).unref();
  }

  private look(): void {
    const silent = Date.now() - this.heardAt;
    if (silent >= this.hungMs) {
      clearInterval(this.timer);
      this.events.onHung();
    } else if (silent >= SILENT_MS) this.events.onSilent(silent / 1000);
    else
      this.events.ask().then(
        () => this.heard(),
        () => undefined,
      );
  }
}
