import { dirname } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { sha256OfFile } from '../../base/hash.ts';
import { findData, resolveDataFiles } from '../data/findData.ts';
import { readDocuments } from '../data/readDocuments.ts';
import { loadTask } from '../tasks/loadTask.ts';
import { fewShotCount, makeItems } from '../tasks/items.ts';
import { evaluationSplit, fewShotSplit, withHash, type Task } from '../tasks/task.ts';
import type { EvaluateRequest } from '../request.ts';
import type { Document, Item } from '../types.ts';

export interface DataFile {
  readonly path: string;
  readonly sha256: string;
}

/** A task with its documents. */
export interface PreparedTask {
  readonly task: Task;
  readonly documents: readonly Document[];
  readonly fewShot: number;
  readonly dataFiles: readonly DataFile[];
  /**
   * Its items, those that the request limits it to.
   *
   * @param eosText of the tokenizer: generation ends there
   * @throws InputError with the document that cannot be asked about
   */
  items(eosText: string | undefined): readonly Item[];
}

/** @throws InputError if the task or its data cannot be found or read */
export async function prepareTask(
  name: string,
  request: Pick<EvaluateRequest, 'data' | 'fewShot' | 'maxNewTokens' | 'seed' | 'limit'>,
  signal: AbortSignal,
): Promise<PreparedTask> {
  const { data, seed, limit } = request;
  const task = withLength(await loadTask(name), request.maxNewTokens);
  const fewShot = fewShotCount(task, request.fewShot);
  const split = evaluationSplit(task);
  const files = await filesOf(task, split, data);
  const documents = await readAll(files, signal);
  if (documents.length === 0) throw new InputError(`The task ${task.name} has no documents: ${files.join(', ')}.`);
  const exampleSplit = fewShot > 0 ? fewShotSplit(task) : undefined;
  const exampleFiles =
    exampleSplit === undefined || exampleSplit === split ? [] : await filesOf(task, exampleSplit, data);
  const examples = exampleSplit === split ? documents : await readAll(exampleFiles, signal);
  const pool = exampleSplit === undefined ? undefined : examples;
  const made = new Map<string | undefined, readonly Item[]>();
  return {
    task,
    documents,
    fewShot,
    items(eosText) {
      const items = made.get(eosText) ?? makeItems(task, documents, pool, { fewShot, seed, limit, eosText });
      made.set(eosText, items);
      return items;
    },
    dataFiles: await Promise.all(
      [...files, ...exampleFiles].map(async (path) => ({ path, sha256: await sha256OfFile(path) })),
    ),
  };
}

function withLength(task: Task, maxTokens: number | undefined): Task {
  if (maxTokens === undefined || task.generation === undefined) return task;
  return withHash({ ...task, generation: { ...task.generation, maxTokens } }, task.source);
}

/** The files of a split: as the task names them, else found in the folder. */
export async function filesOf(task: Task, split: string, data: string | undefined): Promise<readonly string[]> {
  const named = task.datasetKwargs?.data_files;
  const folder = dirname(task.source);
  if (named !== undefined) {
    const files = await resolveDataFiles(folder, named, split, data === undefined ? [folder] : [folder, data]);
    if (files !== undefined) return files;
  }
  const query = { datasetPath: task.datasetPath, datasetName: task.datasetName, split, taskName: task.name };
  const found = data === undefined ? undefined : await findData(data, query);
  if (found !== undefined) return found;
  const what = [task.datasetPath, task.datasetName].filter((part) => part !== undefined).join(', ');
  throw new InputError(
    `The documents of ${task.name} (split "${split}"${what === '' ? '' : ` of ${what}`}) ` +
      (data === undefined ? 'were not found: no data folder is named.' : `were not found in ${data}.`),
    `Put them into a folder as ${task.name}_${split}.jsonl (or .csv, .tsv, .parquet) and name the folder with --data.`,
  );
}

async function readAll(files: readonly string[], signal: AbortSignal): Promise<Document[]> {
  const documents: Document[] = [];
  for (const file of files) documents.push(...(await readDocuments(file, { signal })));
  return documents;
}
