import type * as z from 'zod';
import { InputError } from '../../../base/errors.ts';
import { reasonOf } from '../../../base/schemaIssue.ts';
import { shortened } from '../python/values.ts';

export type Path = readonly PropertyKey[];

/** Where a definition was read, for messages about it. */
export interface Source {
  /** "task.yaml, line 3, column 1" */
  place(path: Path): string;
}

/** @throws InputError with the place and the key */
export function fail(source: Source, path: Path, message: string, hint?: string): never {
  throw new InputError(`${source.place(path)}: ${shortened(`${path.map(String).join('.')} ${message}`)}.`, hint);
}

/** @throws InputError with the place and key of the first thing that does not follow the schema */
export function read<T extends z.ZodType>(source: Source, path: Path, value: unknown, schema: T): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const reason = reasonOf(issue);
  const message = /^(is|must be) /.test(reason) ? reason : `cannot be used: ${reason}`;
  return fail(source, [...path, ...(issue?.path ?? [])], message);
}
