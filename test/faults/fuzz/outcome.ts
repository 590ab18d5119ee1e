/** What a reader made of an input, and whether that keeps the promises. */
import { UserError } from '../../../src/base/errors.ts';

const SLOW_MS = 1000;
const ROOM_BYTES = 64 * 1024 * 1024;
const LONGEST_MESSAGE = 2000;
/** Of JavaScript, its libraries and its bugs. */
const RAW =
  /Unexpected token|Unexpected end of JSON|is not a function|is not iterable|Cannot (read|set|convert)|\bundefined\b|RangeError|TypeError|call stack|Invalid (array|string|typed array) length|BigInt|ERR_[A-Z]|\[object |Invalid regular expression|zod/;

export interface Outcome {
  /** What distinguishes it from others: the message without names and numbers, or "read". */
  readonly kind: string;
  readonly problems: readonly string[];
}

/** Runs a reader once. */
export async function outcomeOf(bytes: Buffer, read: (bytes: Buffer) => unknown): Promise<Outcome> {
  const before = heldBytes();
  // Of this process: others may be at work beside it.
  const begin = process.cpuUsage();
  const problems: string[] = [];
  let kind = 'read';
  try {
    await read(bytes);
  } catch (error) {
    kind = kindOf(error);
    problems.push(...wordsOf(error));
  }
  const { user, system } = process.cpuUsage(begin);
  const milliseconds = (user + system) / 1000;
  const more = heldBytes() - before;
  if (milliseconds > SLOW_MS) problems.push(`${milliseconds.toFixed(0)} ms`);
  if (more > ROOM_BYTES + bytes.length) problems.push(`${(more / 1e6).toFixed(0)} MB`);
  return { kind, problems };
}

/** With what waits to be collected: the most that it can have taken. */
function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function wordsOf(error: unknown): string[] {
  if (!(error instanceof UserError))
    return [`not an error for people: ${error instanceof Error ? (error.stack ?? '').slice(0, 600) : String(error)}`];
  const said = `${error.message} ${error.hint ?? ''}`;
  const problems: string[] = [];
  // What stands in quotation marks is the file's own; "'x' is undefined" is Jinja's word for a name that nobody gave.
  const own = said.replaceAll(/"[^"]*"/g, '""').replaceAll(/'[^']*' is undefined/g, '');
  if (RAW.test(own)) problems.push(`raw words: ${said.slice(0, 300)}`);
  if (said.length > LONGEST_MESSAGE) problems.push(`a message of ${said.length} characters`);
  return problems;
}

function kindOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replaceAll(/"[^"]*"|'[^']*'/g, '""')
    .replaceAll(/\/[^\s:,]+/g, '/')
    .replaceAll(/[\d.]+/g, '0')
    .slice(0, 120);
}
