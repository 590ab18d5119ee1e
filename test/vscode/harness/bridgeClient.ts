import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as vscode from 'vscode';

type VsCodeApi = typeof vscode;

export interface Bridge {
  /** Runs fn in the extension host. It is sent as source: it sees its two parameters and nothing else around it. */
  evaluate<T, A>(fn: (vscode: VsCodeApi, args: A) => PromiseLike<T> | T, args: A): Promise<T>;
  /** Lets the suite end, so that the workbench exits with 0. */
  stop(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 60_000;

export async function connectBridge(
  portFile: string,
  token: string,
  timeoutMs: number = CONNECT_TIMEOUT_MS,
): Promise<Bridge> {
  const url = `http://127.0.0.1:${await waitForPort(portFile, timeoutMs)}`;
  return {
    async evaluate<T, A>(fn: (vscode: VsCodeApi, args: A) => PromiseLike<T> | T, args: A): Promise<T> {
      return (await post(`${url}/evaluate`, token, { source: fn.toString(), args })) as T;
    },
    async stop(): Promise<void> {
      await post(`${url}/stop`, token, {});
    },
  };
}

async function waitForPort(portFile: string, timeoutMs: number): Promise<number> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    // Not there yet is the normal case: the extension host takes seconds to start.
    const text = await readFile(portFile, 'utf8').catch(() => '');
    if (text !== '') {
      return Number(text);
    }
    await sleep(100);
  }
  throw new Error(`The bridge did not write ${portFile} within ${timeoutMs} ms: did the extension host start?`);
}

async function post(url: string, token: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { ok?: unknown; err?: string };
  if (answer.err !== undefined) {
    throw new Error(`In the extension host: ${answer.err}`);
  }
  return answer.ok;
}
