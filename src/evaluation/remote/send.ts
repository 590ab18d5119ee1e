import { setTimeout as delay } from 'node:timers/promises';
import type * as z from 'zod';
import { throwIfCancelled } from '../../base/abort.ts';
import { CancelledError, UserError } from '../../base/errors.ts';
import { issueText } from '../../base/schemaIssue.ts';
import type { Patience, Server } from './endpoint.ts';
import { networkFailure, redirectFailure, RequestFailure, statusFailure, timeoutFailure } from './failures.ts';

/** Log-probabilities of 100,000 tokens with one alternative each are some 10 MB. */
const MAX_BYTES = 64_000_000;

/**
 * GET, or POST where there is a body, in several attempts where the failure may pass.
 *
 * @returns the text of a 2xx answer
 * @throws RequestFailure in words; CancelledError
 */
export async function send(server: Server, url: string, body: unknown, signal: AbortSignal): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOnce(server, url, body, signal);
    } catch (error) {
      if (!(error instanceof RequestFailure) || !error.retry || attempt >= server.patience.attempts) throw error;
      await pause(error, attempt, server.patience, signal);
    }
  }
}

/** The answer, if it has the shape that is expected. @throws UserError if not */
export async function sendForJson<T extends z.ZodType>(
  server: Server,
  url: string,
  body: unknown,
  schema: T,
  signal: AbortSignal,
): Promise<z.output<T>> {
  const text = await send(server, url, body, signal);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(
      `What ${url} answered is not JSON.`,
      'Check that the address is of an OpenAI-compatible server.',
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(
    `What ${url} answered is not what OpenAI-compatible servers answer: ${issueText(result.error)}.`,
    'Check that the address is of an OpenAI-compatible server.',
  );
}

async function pause(failure: RequestFailure, attempt: number, patience: Patience, signal: AbortSignal): Promise<void> {
  const asked = failure.retryAfterMs;
  if (asked !== undefined && asked > patience.longestRetryAfterMs) throw failure;
  const wait = asked ?? Math.min(patience.longestPauseMs, patience.firstPauseMs * 2 ** (attempt - 1));
  try {
    await delay(wait, undefined, { signal });
  } catch {
    throw new CancelledError();
  }
}

async function attemptOnce(server: Server, url: string, body: unknown, signal: AbortSignal): Promise<string> {
  throwIfCancelled(signal);
  const timeout = AbortSignal.timeout(server.timeoutMs);
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: headersOf(server, body !== undefined),
      body: body === undefined ? null : JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    });
    return await textOf(server, url, response);
  } catch (error) {
    throwIfCancelled(signal);
    if (timeout.aborted) throw timeoutFailure(url, server.timeoutMs);
    throw error instanceof UserError ? error : networkFailure(error, url);
  }
}

function headersOf({ key }: Server, hasBody: boolean): Record<string, string> {
  return {
    accept: 'application/json',
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
}

async function textOf(server: Server, url: string, response: Response): Promise<string> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    await response.body?.cancel();
    throw redirectFailure(url, headers.get('location'));
  }
  const text = await boundedText(response, url);
  if (response.ok) return text;
  throw statusFailure(server, url, { status, text, retryAfterMs: retryAfter(headers.get('retry-after')) });
}

async function boundedText(response: Response, url: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const part of body ?? []) {
    size += part.byteLength;
    if (size > MAX_BYTES)
      throw new UserError(`What ${url} answers is longer than any answer should be.`, 'Send fewer prompts at once.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
