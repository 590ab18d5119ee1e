import { createHash } from 'node:crypto';
import type { Vocabulary } from '../../src/checkpoint/vocabulary/vocabulary.ts';

/** The same number that test/golden/vocabulary/make_vocabulary.py makes of a reference library's vocabulary. */
export function vocabularyDigest({ tokens }: Vocabulary): string {
  const hash = createHash('sha256');
  for (const [id, token] of tokens.entries())
    if (token !== undefined) hash.update(`${id}\t${JSON.stringify(token)}\n`, 'utf8');
  return hash.digest('hex');
}

/** A vocabulary of these tokens, in rows 0, 1, 2 …; undefined leaves a row without a token. */
export function vocabularyOf(tokens: readonly (string | undefined)[]): Vocabulary {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) if (token !== undefined) ids.set(token, id);
  return { source: 'test', tokens, ids };
}
