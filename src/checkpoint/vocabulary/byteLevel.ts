/**
 * GPT-2's spelling of bytes: printable Latin-1 stands for itself, every other byte for the next character from U+0100
 * on, so that a space is Ġ. tokenizer.json and vocab.json spell byte-level tokens like this.
 */
const SPELLING: readonly string[] = spelling();

export function spellBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += SPELLING[byte] ?? '';
  return text;
}

function spelling(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
}
