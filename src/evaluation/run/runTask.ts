import { sha256Of } from '../../base/hash.ts';
import type { ProgressSink } from '../../base/progress.ts';
import type { EvaluateRequest } from '../request.ts';
import type { Journal, OpenJournal } from '../results/journal.ts';
import type { ItemRecord, TaskRun } from '../results/types.ts';
import type { Scorer } from '../scoring/scorer.ts';
import { scoreItem } from '../tasks/score.ts';
import type { Answer, Item, Scored } from '../types.ts';
import { answerItems, BLOCK, namingTask } from './answerItems.ts';
import type { PlannedColumn } from './column.ts';
import type { PreparedTask } from './prepareTask.ts';

export interface RunningColumn {
  readonly planned: PlannedColumn;
  /** Opened when there is something left to be asked. */
  scorer(): Promise<Scorer>;
}

export interface TaskTools {
  readonly request: EvaluateRequest;
  /** Count what is known and ask nothing. */
  readonly onlyKnown: boolean;
  /** Compute again a block of which only some answers are known: to the last digit as at once. */
  readonly wholeBlocks?: boolean;
  readonly openJournal: OpenJournal;
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
  /** Is told of every item, also of those that were known. */
  readonly onScored?: ((task: PreparedTask, scored: readonly Scored[]) => void) | undefined;
}

/** One task on one column; answers that an earlier, stopped evaluation left are not asked for again. */
export async function runTask(column: RunningColumn, prepared: PreparedTask, tools: TaskTools): Promise<TaskRun> {
  const { task, documents, fewShot, dataFiles } = prepared;
  const { request } = tools;
  const items = prepared.items(column.planned.tokenizer.eos?.text);
  const begin = performance.now();
  await using journal = await tools.openJournal(request.out, journalKey(column.planned.identity, prepared, request));
  const scores = new Map<number, readonly Scored[]>();
  const score = (item: Item, own: readonly Answer[]): void => {
    const scored = scoreItem(task, item, own);
    scores.set(item.docId, scored);
    tools.onScored?.(prepared, scored);
  };
  const answers = knownAnswers(journal, items, tools.wholeBlocks === true);
  for (const item of items) {
    const own = answers.get(item.docId);
    if (own !== undefined) score(item, own);
  }
  if (!tools.onlyKnown)
    await namingTask(task.name, answerRest(column, items, { answers, journal, score }, task.name, tools));
  const records = items.flatMap((item): ItemRecord[] => {
    const [own, scored] = [answers.get(item.docId), scores.get(item.docId)];
    return own === undefined || scored === undefined ? [] : [{ item, answers: own, scored }];
  });
  const complete = records.length === items.length;
  const seconds = (performance.now() - begin) / 1000;
  const limit = request.limit ?? null;
  return { task, fewShot, documents: documents.length, limit, dataFiles, records, complete, seconds };
}

type Answers = Map<number, readonly Answer[]>;

/** A damaged line may have lost an answer: it counts for nothing. */
function knownAnswers(journal: Journal, items: readonly Item[], wholeBlocks: boolean): Answers {
  const known = journal.known();
  const isKnown = ({ docId, requests }: Item): boolean => known.get(docId)?.length === requests.length;
  const isWhole = (at: number): boolean => items.slice(at - (at % BLOCK), at - (at % BLOCK) + BLOCK).every(isKnown);
  const kept = items.filter((item, at) => (wholeBlocks ? isWhole(at) : isKnown(item)));
  return new Map(kept.map(({ docId }) => [docId, known.get(docId) ?? []]));
}

/** Where answers go. */
interface Answered {
  readonly answers: Answers;
  readonly journal: Journal;
  readonly score: (item: Item, answers: readonly Answer[]) => void;
}

async function answerRest(
  column: RunningColumn,
  items: readonly Item[],
  { answers, journal, score }: Answered,
  task: string,
  { sink, signal }: TaskTools,
): Promise<void> {
  const rest = items.filter(({ docId }) => !answers.has(docId));
  const scorer = rest.length === 0 ? undefined : await column.scorer();
  const onAnswered = (item: Item, own: readonly Answer[]): void => {
    answers.set(item.docId, own);
    journal.add(item.docId, own);
    score(item, own);
  };
  const label = column.planned.facts.label;
  // Begun when the weights are there, so that the rate is that of the answers.
  await answerItems(scorer, rest, onAnswered, { label, task, done: items.length - rest.length, sink, signal });
}

/** Whatever an answer depends on. The limit is not part of it: a larger one goes on from a smaller one. */
function journalKey(column: string, { task, fewShot, dataFiles }: PreparedTask, { seed }: EvaluateRequest): string {
  return sha256Of(JSON.stringify([column, task.hash, fewShot, dataFiles.map(({ sha256 }) => sha256), seed]));
}
