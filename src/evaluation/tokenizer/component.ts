import type * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import { issueText } from '../../base/schemaIssue.ts';

const ELSEWHERE = 'Evaluate this model with lm-eval itself.';

/** @throws InputError naming the component of tokenizer.json whose settings do not follow the schema */
export function parse<T extends z.ZodType>(schema: T, component: { readonly type: string }, path: string): z.output<T> {
  const result = schema.safeParse(component);
  if (result.success) return result.data;
  throw new InputError(`${path}: ${brief(issueText(result.error, component.type))}.`);
}

/** What the reference has and PortLLM has not is refused: a prompt that is cut otherwise would be scored otherwise. */
export function unsupported(kind: string, type: string, path: string): InputError {
  return new InputError(
    `${path} has a ${kind} of type ${brief(type, 40)}, which PortLLM does not reproduce.`,
    ELSEWHERE,
  );
}

/** Likewise, whatever it is. */
export function notReproduced(path: string, what: string): InputError {
  return new InputError(`${path} has a part that PortLLM does not reproduce: ${what}.`, ELSEWHERE);
}
