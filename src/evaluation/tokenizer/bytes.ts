/** The ids of one piece of text. */
export type EncodePiece = (piece: string) => readonly number[];

/** The ids of <0x00> … <0xFF>, which spell what the vocabulary lacks (byte_fallback). */
export function byteIds(vocab: ReadonlyMap<string, number>): readonly (number | undefined)[] {
  return Array.from({ length: 256 }, (_, byte) => vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`));
}

/** All of the text's bytes, or undefined where one has no token. */
export function spellOut(text: string, ids: readonly (number | undefined)[]): number[] | undefined {
  const spelled = Array.from(Buffer.from(text), (byte) => ids[byte]);
  return spelled.every((id) => id !== undefined) ? spelled : undefined;
}
