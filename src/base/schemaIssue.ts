import type { z } from 'zod';

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
  const name = path === '' ? 'it' : path;
  // zod tells what it received in the message alone.
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(issue?.message ?? '') ?? [];
  if (received === 'undefined') return `${name} is missing`;
  if (expected !== undefined && received !== undefined)
    return `${name} must be ${TYPES[expected] ?? expected} and is ${TYPES[received] ?? received}`;
  return `${name}: ${issue?.message ?? 'unexpected content'}`;
}
