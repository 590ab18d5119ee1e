import { Reader } from 'protobufjs/minimal.js';
import { InputError } from '../../base/errors.ts';
import { spellBytes } from './byteLevel.ts';
import { tokenId } from './tokenId.ts';
import type { Token } from './vocabulary.ts';

/** In sentencepiece_model.proto, ModelProto.pieces and SentencePiece.piece: both field 1, length-delimited. */
const FIELD_1 = (1 << 3) | 2;
const RANK_LINE = /^([A-Za-z0-9+/]+={0,2}) (\d{1,9})$/;

/**
 * tokenizer.model is sentencepiece's protobuf or, in the original Llama 3, a text of base64 tokens and ranks.
 *
 * @throws InputError if it is neither
 */
export function parseTokenizerModel(bytes: Uint8Array, path: string): Token[] {
  const tokens = isRankText(bytes) ? parseRanks(bytes, path) : parseSentencepiece(bytes, path);
  if (tokens.length > 0) return tokens;
  throw new InputError(`${path} holds no tokens: it is neither a sentencepiece model nor a list of ranks.`);
}

/** The first line tells: the protobuf begins with a line feed, the tag of its first piece. */
function isRankText(bytes: Uint8Array): boolean {
  const end = bytes.subarray(0, 4096).indexOf(0x0a);
  return RANK_LINE.test(textOf(bytes.subarray(0, end < 0 ? 4096 : end)).trimEnd());
}

/** Spelled as in tokenizer.json, so that both forms of one tokenizer give the same strings. */
function parseRanks(bytes: Uint8Array, path: string): Token[] {
  const tokens: Token[] = [];
  for (const [i, line] of textOf(bytes).split(/\r?\n/).entries()) {
    if (line === '') continue;
    const [, base64, rank] = RANK_LINE.exec(line) ?? [];
    if (base64 === undefined) throw new InputError(`${path}: line ${i + 1} is not a base64 token and a rank.`);
    const token = spellBytes(Buffer.from(base64, 'base64'));
    tokens.push({ token, id: tokenId(Number(rank), token, path) });
  }
  return tokens;
}

function parseSentencepiece(bytes: Uint8Array, path: string): Token[] {
  const pieces: string[] = [];
  try {
    const reader = Reader.create(bytes);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === FIELD_1) pieces.push(pieceOf(Reader.create(reader.bytes())));
      else reader.skipType(tag & 7);
    }
  } catch (error) {
    throw new InputError(`${path} is neither a sentencepiece model nor a list of ranks.`, undefined, { cause: error });
  }
  return pieces.map((token, id) => ({ token, id: tokenId(id, token, path) }));
}

/** A piece without text keeps its row: the ids are places in the list. */
function pieceOf(reader: Reader): string {
  let piece = '';
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === FIELD_1) piece = reader.string();
    else reader.skipType(tag & 7);
  }
  return piece;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
