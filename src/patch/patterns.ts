import { RE2JS } from 're2js';
import { InputError } from '../base/errors.ts';

/**
 * The value of the first pattern that matches the module, in the file's order, or the default: PEFT's
 * `get_pattern_key`, `re.match(rf"(.*\.)?({key})$", module)` (peft/utils/other.py since 0.15).
 *
 * The patterns come from strangers: RE2 reads Python's syntax, matches in linear time whatever they are, and refuses
 * the little of it (look-arounds, back-references) that it cannot do.
 *
 * @param module without the `base_model.model.` prefix
 * @throws InputError for a pattern that cannot be read
 */
export function patternValue(
  patterns: Readonly<Record<string, number | readonly boolean[]>>,
  module: string,
  otherwise: number,
): number {
  for (const [pattern, value] of Object.entries(patterns))
    if (typeof value === 'number' && compile(pattern).matcher(module).find()) return value;
  return otherwise;
}

/**
 * The same as PEFT had it up to 0.13: one key for rank and alpha, the first of both dictionaries that matches, and only
 * after a dot (peft #2194, changed by a4f35971c).
 */
export function sharedPatternValue(
  ranks: Readonly<Record<string, unknown>>,
  alphas: Readonly<Record<string, number>>,
  module: string,
  otherwise: number,
): number {
  const key = [...Object.keys(ranks), ...Object.keys(alphas)].find((pattern) =>
    compile(pattern, AFTER_DOT).matcher(module).find(),
  );
  return key === undefined ? otherwise : (alphas[key] ?? otherwise);
}

/** Python's `re.fullmatch`. @throws InputError for a pattern that cannot be read */
export function matchesFully(pattern: string, text: string): boolean {
  return compile(pattern, WHOLE).matcher(text).find();
}

/** How a pattern is embedded in what is matched. */
const MODULE_END = (pattern: string): string => `^(?:.*\\.)?(?:${pattern})$`;
const AFTER_DOT = (pattern: string): string => `^.*\\.${pattern}$`;
const WHOLE = (pattern: string): string => `^(?:${pattern})$`;

const MAX_LENGTH = 1000;
const compiled = new Map<string, RE2JS>();
const MAX_COMPILED = 500;

/** Kept, because every module of a patch asks for the same few. */
function compile(pattern: string, embed = MODULE_END): RE2JS {
  const text = embed(pattern);
  let expression = compiled.get(text);
  if (expression === undefined) {
    expression = compileAnew(pattern, text);
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    compiled.set(text, expression);
  }
  return expression;
}

function compileAnew(pattern: string, text: string): RE2JS {
  try {
    if (pattern.length > MAX_LENGTH) throw new SyntaxError('it is too long');
    return RE2JS.compile(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`adapter_config.json: the pattern "${pattern.slice(0, 80)}" cannot be read: ${reason}.`);
  }
}
