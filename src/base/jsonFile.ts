import type * as z from 'zod';
import { InputError } from './errors.ts';
import { JsonProblem, parseJson } from './jsonText.ts';
import { readWhole } from './openRegular.ts';
import { brief } from './quote.ts';
import { issueText } from './schemaIssue.ts';

/** An index of a 1.8-trillion-parameter model is some tens of megabytes. */
const MAX_BYTES = 128_000_000;

/**
 * @param shownAs the path that a person knows, where `path` is what a link leads to
 * @throws InputError naming the file if it cannot be read, is not JSON, or does not follow the schema
 */
export async function readJsonFile<T extends z.ZodType>(
  path: string,
  schema: T,
  shownAs: string = path,
): Promise<z.output<T>> {
  return parseJsonText(await readTextFile(path), schema, shownAs);
}

/** @throws InputError likewise */
export function parseJsonText<T extends z.ZodType>(text: string, schema: T, path: string): z.output<T> {
  const result = schema.safeParse(valueOf(text, path));
  if (result.success) return result.data;
  throw new InputError(`${path}: ${brief(issueText(result.error))}.`);
}

function valueOf(text: string, path: string): unknown {
  try {
    // Mamba has "time_step_limit": [0.0, Infinity], which nothing here needs.
    return parseJson(text.replace(/^\uFEFF/, ''), () => 'null');
  } catch (error) {
    if (error instanceof JsonProblem)
      throw new InputError(`${path} ${error.message}.`, hintFor(text), { cause: error });
    throw error;
  }
}

/** @throws InputError if the file cannot be read or is absurdly large */
export async function readTextFile(path: string): Promise<string> {
  return (await readBytes(path)).toString('utf8');
}

/** @throws InputError likewise */
export async function readBytes(path: string): Promise<Buffer> {
  return readWhole(path, MAX_BYTES);
}

/** What a text that is no JSON may be instead. */
export function hintFor(text: string): string | undefined {
  if (text.startsWith('version https://git-lfs'))
    return 'It is a Git LFS pointer: fetch the real file with "git lfs pull".';
  if (/^(<{7}|={7}|>{7})/m.test(text)) return 'It holds an unresolved merge conflict.';
  if (/^\s*</.test(text)) return 'It is an HTML page: download the file itself.';
  return undefined;
}
