import { UserError } from '../../base/errors.ts';
import type { Server } from './endpoint.ts';

const RETRIED_STATUS = new Set([408, 429, 500, 502, 503, 504]);
const MAX_QUOTED = 300;

/** A failure of the network or of the server, in words; whether it is worth another attempt. */
export class RequestFailure extends UserError {
  override readonly name = 'RequestFailure';
  readonly status: number | undefined;
  readonly retry: boolean;
  readonly retryAfterMs: number | undefined;
  /** The server's own words, or nothing. */
  readonly words: string;

  constructor(
    message: string,
    hint: string | undefined,
    about: { status?: number; retry?: boolean; retryAfterMs?: number | undefined; words?: string; cause?: unknown },
  ) {
    super(message, hint, { cause: about.cause });
    this.status = about.status;
    this.retry = about.retry ?? false;
    this.retryAfterMs = about.retryAfterMs;
    this.words = about.words ?? '';
  }
}

/** Of fetch itself, which has no code for it: browsers' list of ports that belong to other protocols. */
const BAD_PORT = 'bad port';

type Words = readonly [reason: string, retry: boolean, hint?: string];

const NO_TLS: Words = ['what answers there does not speak TLS', false, 'Try the address with http:// for https://.'];
const UNTRUSTED = 'Name the authority that signed it in the environment variable NODE_EXTRA_CA_CERTS.';

/** By the error code of Node's sockets, of its resolver, of OpenSSL and of undici, which carries out fetch. */
const NETWORK: Readonly<Record<string, Words>> = {
  ECONNREFUSED: ['nothing listens there', false, 'Start the server, and compare the port with the one it prints.'],
  ENOTFOUND: ['the host is not known', false, 'Check the spelling of the host.'],
  EAI_AGAIN: ['the host name could not be looked up', true, 'Check the network connection.'],
  EHOSTUNREACH: ['the host cannot be reached', false, 'Check the network connection.'],
  ENETUNREACH: ['the network cannot be reached', false, 'Check the network connection.'],
  ECONNRESET: ['it closed the connection', true, 'Look at the log of the server.'],
  EPIPE: ['it closed the connection', true, 'Look at the log of the server.'],
  UND_ERR_SOCKET: ['it closed the connection', true, 'Look at the log of the server.'],
  ETIMEDOUT: ['it does not answer', true],
  UND_ERR_CONNECT_TIMEOUT: [
    'it does not answer',
    true,
    'Check the port, the firewall, and whether it is http:// or https://.',
  ],
  UND_ERR_HEADERS_TIMEOUT: ['it does not answer', true],
  UND_ERR_BODY_TIMEOUT: ['it stopped in the middle of an answer', true],
  HPE_INVALID_CONSTANT: ['what answers there is not a web server', false, 'Check the port.'],
  [BAD_PORT]: ['this port is kept for another protocol', false, 'Let the server use another port, such as 8000.'],
  EPROTO: NO_TLS,
};

export function networkFailure(error: unknown, url: string): RequestFailure {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = codeOf(cause);
  const [reason, retry, hint] = wordsFor(code);
  return new RequestFailure(`The server at ${new URL(url).host} cannot be used: ${reason}.`, hint, { retry, cause });
}

function wordsFor(code: string): Words {
  const known = NETWORK[code];
  if (known !== undefined) return known;
  if (/CERT|SIGNATURE|ISSUER/.test(code)) return [`its certificate is not trusted (${code})`, false, UNTRUSTED];
  if (code.startsWith('ERR_SSL_')) return NO_TLS;
  return [code === '' ? 'the request failed' : code, false];
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (error instanceof Error && error.message === BAD_PORT) return BAD_PORT;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function timeoutFailure(url: string, timeoutMs: number): RequestFailure {
  return new RequestFailure(
    `The server at ${new URL(url).host} gave no answer in ${timeoutMs / 1000} s.`,
    'Send fewer prompts at once, or allow more time.',
    { retry: true },
  );
}

export function redirectFailure(url: string, to: string | null): RequestFailure {
  const target = to !== null && URL.canParse(to, url) ? new URL(to, url) : undefined;
  const where = target === undefined ? 'elsewhere' : `to ${target.origin}${target.pathname}`;
  return new RequestFailure(
    `${url} redirects ${where}, which is not followed: a key must not reach another server.`,
    'If you trust that address, give it instead.',
    {},
  );
}

/** What a status other than 2xx says, with the server's own words. */
export function statusFailure(
  server: Server,
  url: string,
  reply: { readonly status: number; readonly text: string; readonly retryAfterMs: number | undefined },
): RequestFailure {
  const { status, retryAfterMs } = reply;
  const words = serverWords(reply.text, server.key);
  const said = words === '' ? '' : ` It says: ${words}`;
  const about = { status, retry: RETRIED_STATUS.has(status), retryAfterMs, words };
  if (status === 401 || status === 403) {
    const message = server.key === undefined ? 'asks for a key' : 'does not accept the key';
    return new RequestFailure(`The server at ${new URL(url).host} ${message} (${status}).${said}`, KEY_HINT, about);
  }
  if (status === 404) return new RequestFailure(`The server does not know ${url} (404).${said}`, PATH_HINT, about);
  return new RequestFailure(`${url} answered with status ${status}.${said}`, STATUS_HINTS[status], about);
}

const KEY_HINT =
  'The key is what was given to the server at its start (`vllm serve --api-key`, `llama-server --api-key`).';
const PATH_HINT = 'The address of an OpenAI-compatible server usually ends in /v1.';
const STATUS_HINTS: Readonly<Record<number, string>> = {
  413: 'Send fewer prompts at once.',
  429: 'Send fewer requests at once, or try again later.',
  503: 'The server may still be loading its model: try again when it is ready.',
};

/** FastAPI, vLLM and llama-server each wrap their message in another way. The key is taken out, should it be quoted. */
export function serverWords(text: string, key: string | undefined): string {
  const found = messageIn(text) ?? (/^\s*</.test(text) ? '' : text);
  const safe = key === undefined ? found : found.replaceAll(key, '…');
  const line = safe.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED)}…` : line;
}

function messageIn(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  for (const key of ['error', 'message', 'detail']) {
    const inner = field(value, key);
    if (typeof inner === 'string') return inner;
    const message = field(inner, 'message');
    if (typeof message === 'string') return message;
  }
  return undefined;
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
