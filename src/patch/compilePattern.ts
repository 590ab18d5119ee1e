import { RE2JS } from 're2js';
import { InputError } from '../base/errors.ts';

const MOST_CHARACTERS = 1000;
const MOST_INSTRUCTIONS = 20_000;

/**
 * A pattern of adapter_config.json. The patterns come from strangers: RE2 reads Python's syntax, matches in linear time
 * whatever they are, and refuses the little of it (look-arounds, back-references) that it cannot do.
 *
 * @param embedded the pattern within what is matched
 * @throws InputError for one that cannot be read, or would be too large when its counts are written out
 */
export function compilePattern(pattern: string, embedded: string): RE2JS {
  try {
    if (pattern.length > MOST_CHARACTERS) throw new SyntaxError('it is too long');
    if (pattern.length * repetitions(pattern) > MOST_INSTRUCTIONS) throw new SyntaxError('it repeats too much');
    return RE2JS.compile(embedded);
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw new InputError(`adapter_config.json: the pattern "${pattern.slice(0, 80)}" cannot be read: ${reason}.`);
  }
}

/** How often counts like {3,7} may repeat a part: counts within counts multiply. RE2 itself stops at 1000. */
function repetitions(pattern: string): number {
  const counts = Array.from(pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g), ([, least, most]) =>
    Math.max(1, Number(least), Number(most ?? 0)),
  );
  if (!pattern.includes('){')) return Math.max(1, ...counts);
  return counts.reduce((product, count) => product * count, 1);
}
