import type * as z from 'zod';
import { brief } from './quote.ts';

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/** The first thing that a schema found wrong, in words: "hidden_size is missing", "eos_token_id must be a number and is a text". */
export function issueText({ issues: [issue] }: Pick<z.ZodError, 'issues'>, within = ''): string {
  const path = [within, ...(issue?.path ?? []).map(String)].filter((part) => part !== '').join('.');
  const name = path === '' ? 'it' : brief(path);
  const reason = reasonOf(issue);
  return /^(is|must be) /.test(reason) ? `${name} ${reason}` : `${name}: ${reason}`;
}

/** Likewise, without the name: "is missing", "must be a number and is a text". */
export function reasonOf(issue: Pick<z.core.$ZodIssue, 'message'> | undefined): string {
  const message = issue?.message ?? '';
  // zod tells what it received in the message alone.
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (received === 'undefined') return 'is missing';
  if (expected === 'int' && received === 'number') return 'must be a whole number';
  if (expected !== undefined && received !== undefined)
    return `must be ${TYPES[expected] ?? expected} and is ${TYPES[received] ?? received}`;
  const [, only] = /^Invalid input: expected (.+)$/.exec(message) ?? [];
  if (only !== undefined) return `must be ${brief(only)}`;
  return message === '' || message === 'Invalid input' ? 'unexpected content' : brief(message);
}
