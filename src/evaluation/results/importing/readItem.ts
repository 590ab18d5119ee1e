import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../../../base/errors.ts';
import { brief } from '../../../base/quote.ts';
import { withDataFile } from '../../data/dataFile.ts';
import { dateOf, exists, resultsOfSamples, samplesPaths } from './findFiles.ts';
import { readResultsJson } from './resultsFile.ts';
import { numberIn, promptIn, textOfTarget, valuesIn, type Row } from './sampleRow.ts';
import { rowFrom, rowsOf } from './samples.ts';

/** Which item of which column: a results file with samples beside it, or a samples file. */
export interface ItemPlace {
  readonly source: string;
  readonly task: string;
  readonly docId: number;
}

/** What a model was asked and what it answered. */
export interface ItemAnswer {
  readonly prompt: string;
  /** As the file has it. */
  readonly target: string;
  /** Of a multiple choice, or of a text whose likelihood was asked for. */
  readonly choices: readonly ItemChoice[];
  /** What was generated; after its filter. */
  readonly texts: readonly string[];
}

export interface ItemChoice {
  readonly text: string;
  /** Natural logarithm, summed over its tokens; null where the file has none. */
  readonly logProbability: number | null;
  readonly isTarget: boolean;
}

/** @throws InputError where there are no samples, or not of this document; CancelledError */
export async function readItem({ source, task, docId }: ItemPlace, signal: AbortSignal): Promise<ItemAnswer> {
  const path = await samplesOf(source, task);
  const found = await withDataFile(path, async (file) => {
    for await (const { value, place } of rowsOf(file, signal)) {
      const row = rowFrom(value, place);
      if (row.doc_id === docId) return row;
    }
    return undefined;
  });
  if (found === undefined) throw new InputError(`${path} has no document ${docId}.`);
  return answerIn(found);
}

async function samplesOf(source: string, task: string): Promise<string> {
  if (source.endsWith('.jsonl')) return source;
  // Only before 0.4.3 samples are named after the model.
  const model = dateOf(source) === undefined ? (await readResultsJson(source)).config?.model_args : undefined;
  for (const path of samplesPaths(source, task, model)) if (await exists(path)) return path;
  // Columns that were joined of several files have the newest as their source.
  const beside = await readdir(dirname(source)).catch(() => []);
  const own = beside.filter((name) => dateOf(name) !== undefined && resultsOfSamples(name).task === task).sort();
  const newest = own.at(-1);
  if (newest !== undefined) return join(dirname(source), newest);
  throw new InputError(
    `There are no samples of ${brief(task)} beside ${source}.`,
    'lm-evaluation-harness writes them with --log_samples.',
  );
}

function answerIn(row: Row): ItemAnswer {
  const requests = valuesIn(row.arguments).map((request) => valuesIn(request));
  const target = textOfTarget(row.target);
  const responses = valuesIn(row.filtered_resps);
  const isGenerated = typeof requests[0]?.[1] === 'object';
  if (isGenerated) return { prompt: promptIn(row.arguments), target, choices: [], texts: responses.map(textIn) };
  const texts = requests.map(([, continuation]) => (typeof continuation === 'string' ? continuation : ''));
  const own = valuesIn(row.resps);
  const right = rightChoices(row.target, target, texts);
  return {
    prompt: promptIn(row.arguments),
    target,
    texts: [],
    choices: texts.map((text, i) => ({
      text,
      logProbability: logProbabilityIn(own[i]) ?? logProbabilityIn(responses[i]) ?? null,
      isTarget: right.has(i),
    })),
  };
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `["-1.2", "False"]`, in one list more where there may be several answers. */
function logProbabilityIn(value: unknown): number | undefined {
  if (!Array.isArray(value)) return numberIn(value);
  return logProbabilityIn(value[0] as unknown);
}

/**
 * lm-eval writes the numbers of the right choices, or what the right one says. None where the two readings disagree, as they
 * may where the choices are numbers themselves.
 */
function rightChoices(raw: unknown, target: string, texts: readonly string[]): ReadonlySet<number> {
  if (texts.length < 2) return new Set();
  const listed = numbersIn(raw, target);
  const byNumber = listed.filter((number) => Number.isInteger(number) && number >= 0 && number < texts.length);
  const byText = texts.flatMap((text, i) => (text.trim() === target.trim() ? [i] : []));
  if (byNumber.length === 0) return new Set(byText);
  return byText.length === 0 || String(byText) === String(byNumber) ? new Set(byNumber) : new Set();
}

function numbersIn(raw: unknown, target: string): number[] {
  if (Array.isArray(raw)) return raw.filter((each) => typeof each === 'number');
  const list = /^\[([\d, ]+)\]$/.exec(target.trim())?.[1];
  if (list !== undefined) return list.split(',').map(Number);
  return /^\d+$/.test(target.trim()) ? [Number(target)] : [];
}
