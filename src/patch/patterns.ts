import { InputError } from '../base/errors.ts';

/**
 * The value of the first pattern that matches the module, in the file's order, or the default: PEFT's
 * `get_pattern_key`, `re.match(rf"(.*\.)?({key})$", module)` (peft/utils/other.py since 0.15).
 *
 * @param module without the `base_model.model.` prefix
 * @throws InputError for a pattern that JavaScript cannot read as Python does
 */
export function patternValue(patterns: Readonly<Record<string, number>>, module: string, otherwise: number): number {
  for (const [pattern, value] of Object.entries(patterns)) if (compile(pattern).test(module)) return value;
  return otherwise;
}

const MAX_LENGTH = 1000;

function compile(pattern: string): RegExp {
  try {
    if (pattern.length > MAX_LENGTH) throw new SyntaxError('it is too long');
    // The u flag makes escapes that mean something else in Python (\Z, \A) an error instead of a letter.
    return new RegExp(`^(?:.*\\.)?(?:${pattern})$`, 'u');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`adapter_config.json: the pattern "${pattern.slice(0, 80)}" cannot be read: ${reason}.`);
  }
}
