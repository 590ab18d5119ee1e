import { setTimeout as sleep } from 'node:timers/promises';

export const UI_TIMEOUT_MS = 40_000;

export interface PollOptions {
  readonly timeoutMs?: number;
  /** What was there instead, for the error. */
  readonly seen?: () => Promise<string>;
}

/** Repeats attempt until it gives something other than undefined; `what` names the thing waited for in the error. */
export async function poll<T>(
  what: string,
  attempt: () => Promise<T | undefined>,
  { timeoutMs = UI_TIMEOUT_MS, seen }: PollOptions = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await attempt();
    if (value !== undefined) {
      return value;
    }
    if (Date.now() > deadline) {
      const instead = seen === undefined ? '' : ` There was: ${await seen()}`;
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.${instead}`);
    }
    await sleep(100);
  }
}

/** A pattern that matches exactly this text, for Playwright's hasText. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}\\s*$`);
}
