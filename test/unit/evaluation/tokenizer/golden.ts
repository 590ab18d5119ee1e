/** The small tokenizers of test/golden/tokenizer, and what transformers and lm-eval make of them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from '../../../../src/base/hash.ts';
import type { BosMode } from '../../../../src/evaluation/request.ts';
import { ROOT } from '../../../support/paths.ts';

const FOLDER = join(ROOT, 'test/golden/tokenizer/cases');
const LONGEST = 40;

interface TokenizerParts {
  readonly model: { readonly vocab: unknown; readonly merges: readonly (readonly [string, string])[] };
}

export interface Case {
  readonly name: string;
  readonly base: string;
  /** Of the folder, beside the tokenizer.json, or beside the tables in its place. */
  readonly files: Readonly<Record<string, unknown>> & { readonly tables?: true };
  readonly changes: object;
  readonly facts: { readonly size: number; readonly bos: unknown; readonly eos: unknown; readonly maxLength: unknown };
  readonly backend: {
    readonly added: readonly unknown[];
    readonly normalizer: unknown;
    readonly pre_tokenizer: unknown;
    readonly post_processor: unknown;
    readonly decoder: unknown;
    readonly model: Readonly<Record<string, unknown>>;
  };
  readonly encoded: string | readonly unknown[];
  readonly decoded: string;
  readonly pairs: Readonly<Partial<Record<BosMode, string | readonly unknown[]>>>;
  readonly texts: Readonly<Partial<Record<BosMode, string>>>;
}

export async function readGolden(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(FOLDER, name), 'utf8')) as unknown;
}

export async function writeCase(folder: string, { base, files, changes }: Case): Promise<void> {
  const parts = (await readGolden(`${base}.json`)) as TokenizerParts;
  const { tables, ...others } = files;
  const all: Record<string, unknown> = tables ? others : { ...others, 'tokenizer.json': { ...parts, ...changes } };
  for (const [name, content] of Object.entries(all)) await writeFile(join(folder, name), JSON.stringify(content));
  if (!tables) return;
  const merges = parts.model.merges.map(([left, right]) => `${left} ${right}\n`).join('');
  await writeFile(join(folder, 'vocab.json'), JSON.stringify(parts.model.vocab));
  await writeFile(join(folder, 'merges.txt'), `#version: 0.2\n${merges}`);
}

export function digest(value: unknown): string {
  return sha256Of(JSON.stringify(value));
}

/** As make_tokenizers.py writes an answer: itself, or the beginning of its digest. */
export function brief(answer: unknown): unknown {
  const text = JSON.stringify(answer);
  return Array.from(text).length <= LONGEST ? answer : sha256Of(text).slice(0, 16);
}
