import { setImmediate } from 'node:timers/promises';

/** Less than a frame. */
const LONGEST_MS = 12;

/** When other events were last served; whatever computes in this thread shares it. */
let lastBreath = performance.now();
let breathing: Promise<void> | undefined;

/** Whether this thread has computed for so long that other events should be served first. */
export function isOutOfBreath(): boolean {
  return performance.now() - lastBreath > LONGEST_MS;
}

/** Lets other events be served. All who wait share the time until the next breath: it is the thread's, not theirs. */
export function breath(): Promise<void> {
  breathing ??= setImmediate().then(() => {
    breathing = undefined;
    lastBreath = performance.now();
  });
  return breathing;
}
