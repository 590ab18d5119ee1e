import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import type { Patience } from '../../../../src/evaluation/remote/endpoint.ts';

/** What a server was asked, and what it answered (test/golden/remote/make_remote.py). */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
  readonly text: string;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

/** So that no test waits. */
export const QUICK: Patience = { attempts: 3, firstPauseMs: 1, longestPauseMs: 4, longestRetryAfterMs: 1000 };

export async function golden<T>(name: string): Promise<T> {
  const text = await readFile(new URL(`../../../golden/remote/cases/${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(text) as T;
}

type Handler = (asked: Asked, response: ServerResponse, number: number) => void;

/** A server on a free port of this machine, closed after the tests of the file. */
export async function serve(handler: Handler): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, body, headers };
      asked.push(one);
      handler(one, response, asked.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

/** An address where nothing listens. */
export async function nowhere(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<unknown>((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/v1`;
}

/** Answers what was recorded, and 418 to anything else. The same question asked again gets the next recording. */
export async function replay(
  exchanges: readonly Exchange[],
): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const left = [...exchanges];
  return serve(({ method, path, body }, response) => {
    const found = left.findIndex((one) => keyOf(one) === keyOf({ method, path, body }));
    const reply = left[found];
    if (reply !== undefined && left.some((one, i) => i > found && keyOf(one) === keyOf(reply))) left.splice(found, 1);
    response.writeHead(reply?.status ?? 418, { 'content-type': 'application/json' });
    response.end(reply?.text ?? `{"error":"never recorded: ${method} ${path}"}`);
  });
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function keyOf({ method, path, body }: { method: string; path: string; body: unknown }): string {
  return `${method} ${path} ${JSON.stringify(sorted(body))}`;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  return text === '' ? null : (JSON.parse(text) as unknown);
}
