import { InputError } from '../../base/errors.ts';
import { withSameColumns } from '../data/columns.ts';
import type { Document, Item } from '../types.ts';
import { beginning } from './prompts/context.ts';
import { prepare } from './prompts/documents.ts';
import { hasSeveralContexts, type Reading } from './prompts/fields.ts';
import { asked } from './prompts/requests.ts';
import { makeSampler, type Sampler } from './prompts/sampler.ts';
import { isTooDeep } from './python/values.ts';
import type { Task } from './task.ts';

export { evaluationSplit, fewShotSplit } from './task.ts';

/** lm-eval's fewshot_seed (lm_eval/defaults.py). */
const DEFAULT_SEED = 1234;

export interface ItemOptions {
  /** Examples before each question; without it the task's own number, or none. */
  readonly fewShot?: number | undefined;
  /** The first so many documents. */
  readonly limit?: number | undefined;
  readonly seed?: number | undefined;
  /** The tokenizer's end of sequence as text: generation stops there too (lm-eval's `handle_stop_sequences`). */
  readonly eosText?: string | undefined;
}

/** What would take weeks to answer. */
const MAX_REQUESTS = 1_000_000;

function tooMany(task: Task): InputError {
  return new InputError(
    `${task.name}: its documents make more than ${MAX_REQUESTS} requests to the model.`,
    'Ask for fewer documents.',
  );
}

/** A task that says 0 keeps it, as in lm-eval (evaluator.py). */
export function fewShotCount(task: Task, asked: number | undefined): number {
  return task.numFewShot === 0 ? 0 : (asked ?? task.numFewShot ?? 0);
}

/**
 * The documents of the split that is evaluated as requests, to the character as lm-eval 0.4.13 asks them without a chat
 * template (`ConfigurableTask.build_all_requests`).
 *
 * @param fewShotDocuments of the split that `fewShotSplit` names
 * @throws InputError with the task, the document, the key and the template's line
 */
export function makeItems(
  task: Task,
  documents: readonly Document[],
  fewShotDocuments: readonly Document[] | undefined,
  options: ItemOptions,
): Item[] {
  const all = withSameColumns([...documents], task.source);
  const [first] = all;
  if (first === undefined) throw new InputError(`${task.name}: there are no documents.`);
  const features = new Set(prepare(task, first, placeOf(task, 'document', 0)).columns.keys());
  const reading = (document: Document, what: string, number: number): Reading => ({
    task,
    document: prepare(task, document, placeOf(task, what, number)),
    features,
  });
  const severalContexts = hasSeveralContexts(reading(first, 'document', 0));
  const examplesOf = exampleReader(task, fewShotDocuments, options, reading);
  let requests = 0;
  return all.slice(0, options.limit ?? Infinity).map((document, docId) => {
    const question = reading(document, 'document', docId);
    const examples = examplesOf(document);
    const before = beginning(question, examples, severalContexts);
    const item = { docId, document, ...asked(question, { before, severalContexts, eosText: options.eosText }) };
    requests += item.requests.length;
    if (requests > MAX_REQUESTS) throw tooMany(task);
    return item;
  });
}

function exampleReader(
  task: Task,
  fewShotDocuments: readonly Document[] | undefined,
  options: ItemOptions,
  reading: (document: Document, what: string, number: number) => Reading,
): (question: Document) => readonly Reading[] {
  const count = fewShotCount(task, options.fewShot);
  if (count === 0 || task.outputType === 'loglikelihood_rolling') return () => [];
  const pool = task.fewShot.split === undefined ? (task.fewShot.samples ?? fewShotDocuments) : fewShotDocuments;
  if (pool === undefined)
    throw new InputError(`${task.name}: the documents that its ${count} examples come from are missing.`);
  const documents = withSameColumns([...pool], task.source);
  // They are compared with one another before they are read.
  const deep = documents.findIndex((document) => isTooDeep(document));
  if (deep >= 0) throw new InputError(`${placeOf(task, 'example', deep)}: it is nested too deeply.`);
  const sampler: Sampler = makeSampler(task, documents, count, options.seed ?? DEFAULT_SEED);
  const numbers = new Map(documents.map((document, i) => [document, i]));
  return (question) => sampler(question).map((document) => reading(document, 'example', numbers.get(document) ?? 0));
}

function placeOf(task: Task, what: string, number: number): string {
  const where = task.source === 'built in' ? task.name : `${task.source} (${task.name})`;
  return `${where}, ${what} ${number} (counted from 0)`;
}
