import { sha256OfText } from '../../base/hash.ts';
import { ProgressMeter, type ProgressSink } from '../../base/progress.ts';
import { throwIfCancelled } from '../../base/abort.ts';
import type { EvaluateRequest } from '../request.ts';
import { openJournal, type Journal } from '../results/journal.ts';
import type { ColumnFacts, ItemRecord, TaskRun } from '../results/types.ts';
import { makeItems } from '../tasks/items.ts';
import { scoreItem } from '../tasks/score.ts';
import type { Answer, Item } from '../types.ts';
import type { OpenedColumn } from './openColumn.ts';
import type { PreparedTask } from './prepareTask.ts';

/** Items are answered in the order of the documents, so many at once, so that what is known early is no odd choice. */
const ITEMS_AT_ONCE = 128;

export interface TaskTools {
  readonly request: EvaluateRequest;
  /** Count what is known and ask nothing. */
  readonly onlyKnown: boolean;
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

/** One task on one column; answers that an earlier, stopped evaluation left are not asked for again. */
export async function runTask(column: OpenedColumn, prepared: PreparedTask, tools: TaskTools): Promise<TaskRun> {
  const { task, documents, examples, fewShot, dataFiles } = prepared;
  const { request } = tools;
  const items = makeItems(task, documents, examples, {
    fewShot,
    seed: request.seed,
    ...(request.limit === undefined ? {} : { limit: request.limit }),
    ...(column.tokenizer.eos === undefined ? {} : { eosText: column.tokenizer.eos.text }),
  });
  const begin = performance.now();
  const journal = await openJournal(request.out, journalKey(column.facts, prepared, request));
  try {
    const answers = new Map(journal.known());
    if (!tools.onlyKnown) await answerRest(column, items, answers, journal, prepared, tools);
    const records = items.flatMap((item): ItemRecord[] => {
      const own = answers.get(item.docId);
      return own === undefined ? [] : [{ item, answers: own, scored: scoreItem(task, item, own) }];
    });
    const complete = records.length === items.length;
    const seconds = (performance.now() - begin) / 1000;
    return {
      task,
      fewShot,
      documents: documents.length,
      limit: request.limit ?? null,
      dataFiles,
      records,
      complete,
      seconds,
    };
  } finally {
    await journal.close();
  }
}

async function answerRest(
  column: OpenedColumn,
  items: readonly Item[],
  answers: Map<number, readonly Answer[]>,
  journal: Journal,
  { task }: PreparedTask,
  { sink, signal }: TaskTools,
): Promise<void> {
  const rest = items.filter(({ docId }) => !answers.has(docId));
  const total = { bytes: items.length, tensors: items.length, unit: 'items' };
  const meter = new ProgressMeter(`${column.facts.label} · ${task.name}`, total, sink);
  const done = (): void => {
    meter.addBytes(1);
    meter.addTensor();
  };
  for (let known = rest.length; known < items.length; known++) done();
  if (rest.length === 0) return;
  const scorer = await column.scorer();
  for (let from = 0; from < rest.length; from += ITEMS_AT_ONCE) {
    throwIfCancelled(signal);
    const some = rest.slice(from, from + ITEMS_AT_ONCE);
    await scorer.answer(
      some,
      (question, own) => {
        const docId = some[question]?.docId ?? -1;
        answers.set(docId, own);
        journal.add(docId, own);
        done();
      },
      signal,
    );
  }
}

/** Whatever an answer depends on. The limit is not part of it: a larger one goes on from a smaller one. */
function journalKey(facts: ColumnFacts, { task, fewShot, dataFiles }: PreparedTask, { seed }: EvaluateRequest): string {
  const { modelSha256, model, endpoint, patches, exported, control, bos, maxLength, tokenizerSha256, device } = facts;
  const changes = patches.map(({ sha256, scale }) => [sha256, scale]);
  const data = dataFiles.map(({ sha256 }) => sha256);
  const computed = [
    modelSha256 ?? [endpoint, model],
    changes,
    exported,
    control,
    bos,
    maxLength,
    tokenizerSha256,
    device,
  ];
  return sha256OfText(JSON.stringify([computed, task.hash, fewShot, data, seed]));
}
