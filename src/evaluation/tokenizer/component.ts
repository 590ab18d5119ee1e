import type { z } from 'zod';
import { InputError } from '../../base/errors.ts';

/** @throws InputError naming the component of tokenizer.json whose settings do not follow the schema */
export function parse<T extends z.ZodType>(schema: T, component: { readonly type: string }, path: string): z.output<T> {
  const result = schema.safeParse(component);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = [component.type, ...(issue?.path ?? [])].map(String).join('.');
  throw new InputError(`${path}: ${place}: ${issue?.message ?? 'unexpected content'}.`);
}

/** What the reference has and PortLLM has not is refused: a prompt that is cut otherwise would be scored otherwise. */
export function unsupported(kind: string, type: string, path: string): InputError {
  return new InputError(
    `${path} has a ${kind} of type ${type}, which PortLLM does not reproduce.`,
    'Evaluate this model with lm-eval itself.',
  );
}
