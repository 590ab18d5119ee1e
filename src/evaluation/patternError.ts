/** Why a pattern cannot be used, as the end of a sentence. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}
