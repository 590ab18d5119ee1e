import * as z from 'zod';
import { parsePythonJson } from '../../data/pythonJson.ts';
import type { Answer } from '../../types.ts';
import { dumps } from '../lmEval/pythonJson.ts';

const count = z.int().nonnegative();
const answer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('loglikelihood'),
    // z.number() refuses what Python's JSON knows beyond it.
    logProbability: z.custom<number>((value) => typeof value === 'number'),
    greedy: z.boolean(),
    tokens: count,
    truncated: count,
  }),
  z.object({
    kind: z.literal('loglikelihood_rolling'),
    logProbability: z.custom<number>((value) => typeof value === 'number'),
    tokens: count,
  }),
  z.object({ kind: z.literal('generate_until'), text: z.string(), tokens: count, truncated: count }),
]) satisfies z.ZodType<Answer>;
const LINE = z.object({ docId: count, answers: z.array(answer) });

export function lineOf(docId: number, answers: readonly Answer[]): string {
  return `${dumps({ docId, answers })}\n`;
}

/** Answers by document; of two lines of one document the later. A line that is damaged counts for nothing. */
export function readLines(text: string): Map<number, readonly Answer[]> {
  const known = new Map<number, readonly Answer[]>();
  for (const line of text.split('\n')) {
    const read = parse(line);
    if (read) known.set(read.docId, read.answers);
  }
  return known;
}

function parse(line: string): z.output<typeof LINE> | undefined {
  if (line === '') return undefined;
  try {
    return LINE.safeParse(parsePythonJson(line)).data;
  } catch {
    return undefined;
  }
}
