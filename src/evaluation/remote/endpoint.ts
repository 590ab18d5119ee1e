import { InputError } from '../../base/errors.ts';

/** A server that the person named. Nothing else is ever asked. */
export interface Endpoint {
  /** http(s)://host:port, …/v1 or …/v1/completions. */
  readonly url: string;
  /** As the server lists it under /v1/models; an adapter's name is a model too. */
  readonly model: string;
  readonly key?: string;
  /** Of one request; 300 s as lm-eval's, which is also as long as Node waits for an answer to begin. */
  readonly timeoutMs?: number;
  readonly concurrency?: number;
  /** Prompts in one request. */
  readonly batch?: number;
  readonly patience?: Patience;
}

/** Attempts and the pauses between them; lm-eval waits 1 to 10 s too (api_models.py, tenacity's wait_exponential). */
export interface Patience {
  readonly attempts: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** A server that asks for more with Retry-After is taken at its word, and the attempts end. */
  readonly longestRetryAfterMs: number;
}

/** An endpoint that was looked at. */
export interface Server {
  /** Ends in /v1. */
  readonly v1: string;
  readonly key: string | undefined;
  readonly timeoutMs: number;
  readonly patience: Patience;
}

const TIMEOUT_MS = 300_000;
const PATIENCE: Patience = {
  attempts: 5,
  firstPauseMs: 1000,
  longestPauseMs: 10_000,
  longestRetryAfterMs: 60_000,
};

/** @throws InputError for an address that is none, or one to which the key would go in the clear */
export function serverOf({ url, key, timeoutMs = TIMEOUT_MS, patience = PATIENCE }: Endpoint): Server {
  const address = parseAddress(url.trim());
  const usedKey = checkedKey(key);
  if (usedKey !== undefined && address.protocol === 'http:' && !isLoopback(address.hostname))
    throw new InputError(
      `The key would travel unencrypted to ${address.host}.`,
      'Use an https:// address, or reach the server through a tunnel (ssh -L) as http://localhost.',
    );
  const v1 = address.origin + basePath(address.pathname);
  return { v1, key: usedKey, timeoutMs, patience };
}

/** For what a person waits for. */
export function withAttempts(server: Server, attempts: number): Server {
  return { ...server, patience: { ...server.patience, attempts: Math.min(attempts, server.patience.attempts) } };
}

function parseAddress(text: string): URL {
  const hint = 'Give the address as http://host:port/v1.';
  if (!/^https?:\/\//i.test(text)) throw new InputError('The address does not begin with http:// or https://.', hint);
  if (!URL.canParse(text)) throw new InputError('The address cannot be read.', hint);
  const address = new URL(text);
  if (address.username !== '' || address.password !== '')
    throw new InputError('The address holds a user name or a password.', 'Give a key apart from the address.');
  if (address.search !== '' || address.hash !== '') throw new InputError('The address holds a "?" or a "#".', hint);
  return address;
}

/** A server's bare address stands for its /v1, as `vllm serve` and llama-server print it. */
function basePath(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed.endsWith('/chat/completions'))
    throw new InputError(
      'Chat completions do not tell the log-probabilities of a prompt.',
      'Give the address of the completions, which ends in /v1.',
    );
  const base = trimmed.replace(/\/completions$/, '');
  return base === '' ? '/v1' : base;
}

/** What a header cannot hold must be found here: fetch would quote the key in its error. */
function checkedKey(key: string | undefined): string | undefined {
  const trimmed = key?.trim() ?? '';
  if (trimmed === '') return undefined;
  if (!/^[\x21-\x7e]+$/.test(trimmed))
    throw new InputError('The key holds characters that no key has.', 'Copy it again, without spaces or line breaks.');
  return trimmed;
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\])$/i.test(host);
}
