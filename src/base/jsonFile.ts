import type { z } from 'zod';
import { InputError } from './errors.ts';
import { readWhole } from './openRegular.ts';
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

function parseJsonText<T extends z.ZodType>(text: string, schema: T, path: string): z.output<T> {
  let value: unknown;
  try {
    value = parseLenient(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new InputError(
      `${path} is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      hintFor(text),
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InputError(`${path}: ${issueText(result.error)}.`);
}

/** @throws InputError if the file cannot be read or is absurdly large */
export async function readTextFile(path: string): Promise<string> {
  return (await readWhole(path, MAX_BYTES)).toString('utf8');
}

/** Python writes NaN and Infinity, which JSON does not know (Mamba's `"time_step_limit": [0.0, Infinity]`). */
function parseLenient(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/\b(?:NaN|Infinity)\b/.test(text)) throw error;
    return JSON.parse(
      text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (found) => (found.startsWith('"') ? found : 'null')),
    );
  }
}

/** What a text that is no JSON may be instead. */
export function hintFor(text: string): string | undefined {
  if (text.startsWith('version https://git-lfs'))
    return 'It is a Git LFS pointer: fetch the real file with "git lfs pull".';
  if (/^(<{7}|={7}|>{7})/m.test(text)) return 'It holds an unresolved merge conflict.';
  if (/^\s*</.test(text)) return 'It is an HTML page: download the file itself.';
  return undefined;
}
