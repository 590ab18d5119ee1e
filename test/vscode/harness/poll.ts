import { setTimeout as sleep } from 'node:timers/promises';

export const UI_TIMEOUT_MS = 20_000;

/** Repeats attempt until it gives something other than undefined; `what` names the thing waited for in the error. */
export async function poll<T>(
  what: string,
  attempt: () => Promise<T | undefined>,
  timeoutMs: number = UI_TIMEOUT_MS,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await attempt();
    if (value !== undefined) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    }
    await sleep(100);
  }
}

/** A pattern that matches exactly this text, for Playwright's hasText. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}\\s*$`);
}
