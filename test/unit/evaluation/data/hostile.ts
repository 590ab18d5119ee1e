import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../../../src/base/errors.ts';
import { readDocuments } from '../../../../src/evaluation/data/readDocuments.ts';
import type { Document } from '../../../../src/evaluation/types.ts';
import { temporaryFolder } from '../../../support/paths.ts';

/** Of a program that stumbled, and of a parser that quotes what it was given. */
const RAW =
  /RangeError|TypeError|call stack|Unexpected token|Cannot (?:read prop|set prop|create)|not a function|undefined|BigInt|Invalid array|outside the bounds/;
const LONGEST = 1000;
const MOST_SECONDS = 1;
const MOST_BYTES = 64_000_000;

/** Runs an action on a stranger's file, which may take neither long nor much. Other processes' work does not count. */
export async function soon<T>(action: () => Promise<T>): Promise<T> {
  const before = { cpu: process.cpuUsage(), peak: process.resourceUsage().maxRSS };
  try {
    return await action();
  } finally {
    const { user } = process.cpuUsage(before.cpu);
    const grown = 1024 * (process.resourceUsage().maxRSS - before.peak);
    assert.ok(user < MOST_SECONDS * 1e6, `it took ${user / 1e6} seconds`);
    assert.ok(grown < MOST_BYTES, `it took ${grown / 1e6} MB`);
  }
}

/** It is refused, soon, in words for a person and not in the input's own length. */
export async function refusedSoon(action: () => Promise<unknown>, words: RegExp): Promise<void> {
  await soon(() =>
    assert.rejects(action, (error: unknown) => {
      assertForPersons(error);
      assert.match(error.message, words);
      return true;
    }),
  );
}

export function assertForPersons(error: unknown): asserts error is InputError {
  assert.ok(error instanceof InputError, String(error));
  assert.doesNotMatch(error.message, RAW);
  assert.ok(error.message.length < LONGEST, `${error.message.length} characters`);
}

export async function readSoon(name: string, content: string | Uint8Array): Promise<Document[]> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, name);
  await writeFile(file, content);
  return await soon(() => readDocuments(file));
}

/** With the file's name and these words. */
export async function refusesFile(name: string, content: string | Uint8Array, words: RegExp): Promise<void> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, name);
  await writeFile(file, content);
  await refusedSoon(() => readDocuments(file), new RegExp(`${name}.*${words.source}`, 's'));
}
