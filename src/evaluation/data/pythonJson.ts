/** Cannot be confused with a text of real data: JSON files write a NUL only as an escape. */
const NOT_A_NUMBER = '\0NaN';
const LITERALS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g;

/**
 * JSON.parse, and the NaN and Infinity that Python's json.dumps writes. `__proto__` becomes an ordinary key, as in
 * JSON.parse.
 * @throws SyntaxError
 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/\b(?:NaN|Infinity)\b/.test(text)) throw error;
    const standard = text.replace(LITERALS, (found) => {
      if (found.startsWith('"')) return found;
      // JSON has no word for it, but a number that overflows is one.
      return found === 'NaN' ? JSON.stringify(NOT_A_NUMBER) : found.replace('Infinity', '1e999');
    });
    return JSON.parse(standard, (_key, value: unknown) => (value === NOT_A_NUMBER ? NaN : value));
  }
}
