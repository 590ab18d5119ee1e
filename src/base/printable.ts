/** Control characters and those that turn the direction of writing: in a terminal they move, colour, hide and forge. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** One line as a terminal can be given it: names are strangers' words. */
export function printable(line: string): string {
  return line.replace(UNPRINTABLE, (character) => (character === '\t' ? character : escaped(character)));
}

/** Several lines of ours; a line that a name has begun would stand at the margin, where ours do not. */
export function printableLines(text: string): string {
  return text
    .split(/\n(?= )/)
    .map(printable)
    .join('\n');
}

/** JSON that is still the same JSON: it escapes but the first 32 by itself. */
export function printableJson(text: string): string {
  return text.replace(UNPRINTABLE, (character) => (character === '\n' ? character : escapedInJson(character)));
}

function escaped(character: string): string {
  return `\\u{${character.charCodeAt(0).toString(16)}}`;
}

function escapedInJson(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
