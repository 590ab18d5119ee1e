import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type * as z from 'zod';
import { InputError, readError } from './errors.ts';
import { issueText } from './schemaIssue.ts';

/**
 * @param hint what it may hold
 * @throws InputError naming the file if it cannot be read, is no YAML, or does not follow the schema
 */
export async function readYamlFile<T extends z.ZodType>(path: string, schema: T, hint: string): Promise<z.output<T>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw readError(error, path);
  });
  const result = schema.safeParse(valueOf(text, path) ?? {});
  if (result.success) return result.data;
  throw new InputError(`${path}: ${issueText(result.error)}.`, hint);
}

function valueOf(text: string, path: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 }) as unknown;
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new InputError(`${path} is no YAML: ${reason ?? ''}`);
  }
}
