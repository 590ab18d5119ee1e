import { plural } from '../../base/format.ts';
import { LEAST_SHARED, type VocabularyChange } from './compare.ts';

const MAX_CHARACTERS = 40;

/**
 * What changed, in a few lines for a plan.
 *
 * @param limit how many tokens a line names
 */
export function listTokens(change: VocabularyChange, limit: number): string[] {
  if (change.different) return [whyDifferent(change)];
  return [
    line('added', change.added, limit, ({ id }) => String(id)),
    line('removed', change.removed, limit, ({ id }) => String(id)),
    line('moved', change.moved, limit, ({ from, to }) => `${from} → ${to}`),
  ].filter((text) => text !== '');
}

/** Rounded down: a share that was too small must not be shown as enough. */
function whyDifferent({ shared }: VocabularyChange): string {
  const share = `they share ${Math.floor(shared * 100)} % of their tokens`;
  const reason = shared < LEAST_SHARED ? share : 'they spell words in different ways';
  return `the vocabularies are of different kinds: ${reason}`;
}

function line<T extends { readonly token: string }>(
  what: string,
  tokens: readonly T[],
  limit: number,
  where: (token: T) => string,
): string {
  if (tokens.length === 0) return '';
  const named = tokens.slice(0, limit).map((token) => `${showToken(token.token)} (${where(token)})`);
  const rest = tokens.length - named.length;
  const list = named.length === 0 ? '…' : named.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  return `${plural(tokens.length, 'token')} ${what}: ${list}`;
}

/**
 * A token is a stranger's text: what is not seen, or turns the direction of writing, is written as an escape. Plain
 * tokens stand without quotes.
 */
export function showToken(token: string): string {
  const characters = Array.from(token);
  const cut = characters.length > MAX_CHARACTERS;
  const text = cut ? characters.slice(0, MAX_CHARACTERS).join('') : token;
  const shown = /^[^\s\p{C}\p{Z}"\\,]+$/u.test(text) ? text : quote(text);
  return cut ? `${shown}…` : shown;
}

function quote(text: string): string {
  return JSON.stringify(text).replace(/(?! )[\p{C}\p{Z}]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
}
