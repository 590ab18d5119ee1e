import { join } from 'node:path';
import * as z from 'zod';
import { sha256Of } from '../../base/hash.ts';
import { readJsonFile } from '../../base/jsonFile.ts';
import { makeFolder } from '../../base/makeFolder.ts';
import { writeWhole } from '../../base/writeWhole.ts';
import type { EndpointFacts } from '../remote/probe.ts';
import { JOURNAL_FOLDER } from '../results/journal.ts';

const KNOWN = z.object({ server: z.enum(['vLLM', 'llama.cpp', 'other']), maxLength: z.int().positive().nullable() });

/** What answers are filed under. */
export type KnownServer = Pick<EndpointFacts, 'server' | 'maxLength'>;

/** Beside the answers, so that those of an evaluation that was stopped are found again without asking the server. */
export async function keepServer(out: string, asked: readonly unknown[], facts: KnownServer): Promise<void> {
  await makeFolder(join(out, JOURNAL_FOLDER));
  const text = JSON.stringify({ server: facts.server, maxLength: facts.maxLength ?? null });
  await writeWhole(pathOf(out, asked), text, true);
}

/** @throws InputError if the server was never asked from here */
export async function recallServer(out: string, asked: readonly unknown[]): Promise<KnownServer> {
  const { server, maxLength } = await readJsonFile(pathOf(out, asked), KNOWN);
  return { server, maxLength: maxLength ?? undefined };
}

function pathOf(out: string, asked: readonly unknown[]): string {
  return join(out, JOURNAL_FOLDER, `server-${sha256Of(JSON.stringify(asked)).slice(0, 16)}.json`);
}
