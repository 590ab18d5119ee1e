import { point } from './classes.ts';
import type { Scanner } from '../python/scanner.ts';
import { PatternError } from '../../patternError.ts';

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const HEX: Readonly<Record<string, RegExp>> = {
  x: /[0-9a-fA-F]{2}/y,
  u: /[0-9a-fA-F]{4}/y,
  U: /[0-9a-fA-F]{8}/y,
};
const OCTAL = /0[0-7]{0,2}|[1-3][0-7]{2}/y;

/** One character's escape, after its backslash, in RE2's spelling. @throws PatternError for what Python refuses too */
export function characterEscape(scanner: Scanner): { readonly code: number } {
  const octal = scanner.match(OCTAL);
  if (octal) return { code: parseInt(octal[0], 8) };
  const character = scanner.next();
  const control = CONTROLS[character];
  if (control !== undefined) return { code: control };
  const hex = HEX[character];
  if (hex) {
    const digits = scanner.match(hex);
    if (!digits) throw new PatternError(`the escape \\${character} lacks its digits`);
    return { code: parseInt(digits[0], 16) };
  }
  if (/[1-9]/.test(character)) throw new PatternError(`RE2 has no back-reference (\\${character})`);
  if (character === '') throw new PatternError('it ends with a backslash');
  if (/[A-Za-z]/.test(character)) throw new PatternError(`the escape \\${character} is not supported`);
  return { code: character.codePointAt(0) ?? 0 };
}

export function literal(character: string): string {
  return /[A-Za-z0-9 ]/.test(character) ? character : point(character.codePointAt(0) ?? 0);
}
