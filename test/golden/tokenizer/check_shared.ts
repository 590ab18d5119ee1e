/**
 * The TypeScript side of check_shared.py: reads one JSON line { folder, texts, sequences, pairs } from the standard
 * input and writes what PortLLM makes of it.
 */
import { text } from 'node:stream/consumers';
import { encodePair, encodeText } from '../../../src/evaluation/tokenizer/encode.ts';
import { BOS_MODES } from '../../../src/evaluation/request.ts';
import { openTokenizer, type Tokenizer } from '../../../src/evaluation/tokenizer/tokenizer.ts';

interface Questions {
  folder: string;
  texts: string[];
  sequences: number[][];
  pairs: [string, string][];
}

const questions = JSON.parse(await text(process.stdin)) as Questions;
const tokenizer = await openTokenizer(questions.folder);
const before = process.cpuUsage().user;
const encoded = questions.texts.map((text) => encodeBoth(tokenizer, text));
const seconds = (process.cpuUsage().user - before) / 1e6;
const answers = {
  facts: {
    bos: tokenizer.bos ?? null,
    eos: tokenizer.eos ?? null,
    maxLength: tokenizer.maxLength ?? null,
    size: tokenizer.size,
  },
  encoded,
  seconds,
  decoded: questions.sequences.map((ids) => [tokenizer.decode(ids), tokenizer.decode(ids, { skipSpecial: true })]),
  pairs: Object.fromEntries(BOS_MODES.map((bos) => [bos, questions.pairs.map((pair) => pairOf(tokenizer, pair, bos))])),
  texts: Object.fromEntries(
    BOS_MODES.map((bos) => [bos, questions.texts.map((text) => encodeText(tokenizer, text, bos))]),
  ),
};
process.stdout.write(JSON.stringify(answers));

function encodeBoth(tokenizer: Tokenizer, text: string): unknown[] {
  const special = tokenizer.encode(text, { special: true });
  const plain = tokenizer.encode(text, { special: false });
  return [special, plain, tokenizer.decode(special), tokenizer.decode(special, { skipSpecial: true })];
}

function pairOf(
  tokenizer: Tokenizer,
  [context, continuation]: [string, string],
  bos: (typeof BOS_MODES)[number],
): unknown {
  try {
    const pair = encodePair(tokenizer, context, continuation, bos);
    return [pair.context, pair.continuation];
  } catch {
    return null;
  }
}
