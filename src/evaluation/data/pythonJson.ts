import { InputError } from '../../base/errors.ts';
import { JsonProblem, parseJson } from '../../base/jsonText.ts';

/** Cannot be confused with a text of real data: JSON files write a NUL only as an escape. */
const NOT_A_NUMBER = '\0NaN';

/**
 * JSON.parse, and the NaN and Infinity that Python's json.dumps writes. `__proto__` becomes an ordinary key, as in
 * JSON.parse.
 *
 * @throws JsonProblem
 */
export function parsePythonJson(text: string): unknown {
  const found = { hasNaN: false };
  const value = parseJson(text, (literal) => {
    // JSON has no word for it, but a number that overflows is one.
    if (literal !== 'NaN') return literal.replace('Infinity', '1e999');
    found.hasNaN = true;
    return JSON.stringify(NOT_A_NUMBER);
  });
  return found.hasNaN ? withNaN(value) : value;
}

/** @throws InputError "data.jsonl, line 3 is not JSON (column 7)." */
export function parseJsonAt(place: string, text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch (error) {
    if (error instanceof JsonProblem) throw new InputError(`${place} ${error.message}.`, undefined, { cause: error });
    throw error;
  }
}

/** In place: a reviver would be told the text of every value too. An own key `__proto__` is assigned as any other. */
function withNaN(value: unknown): unknown {
  if (value === NOT_A_NUMBER) return NaN;
  if (typeof value !== 'object' || value === null) return value;
  const within = value as Record<string, unknown>;
  for (const key of Object.keys(within)) within[key] = withNaN(within[key]);
  return value;
}
