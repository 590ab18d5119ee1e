import { UserError } from '../../base/errors.ts';
import { readDocuments } from '../data/readDocuments.ts';
import { listBuiltIn, loadTask } from '../tasks/loadTask.ts';
import { evaluationSplit, type Task } from '../tasks/task.ts';
import { filesOf } from './prepareTask.ts';
import type { TaskListing } from './result.ts';

/** The built-in tasks, or those that are named, and whether their documents are in the folder. */
export async function listTasks(
  names: readonly string[],
  data: string | undefined,
  signal: AbortSignal,
): Promise<TaskListing[]> {
  if (names.length === 0) return Promise.all(listBuiltIn().map((task) => listing(task, data, signal)));
  const listings: TaskListing[] = [];
  // One after the other: documents are read to be counted.
  for (const name of names) {
    const loaded = await problemOf(() => loadTask(name));
    const unknown = { name, source: name, outputType: undefined, fewShot: 0, documents: undefined };
    listings.push('problem' in loaded ? { ...unknown, ...loaded } : await listing(loaded.value, data, signal));
  }
  return listings;
}

async function listing(task: Task, data: string | undefined, signal: AbortSignal): Promise<TaskListing> {
  const { name, source, outputType, numFewShot: fewShot = 0 } = task;
  const found = await problemOf(async () => {
    let documents = 0;
    for (const file of await filesOf(task, evaluationSplit(task), data))
      documents += (await readDocuments(file, { signal })).length;
    return documents;
  });
  const known = { name, source, outputType, fewShot };
  return 'problem' in found
    ? { ...known, documents: undefined, ...found }
    : { ...known, documents: found.value, problem: undefined };
}

interface Problem {
  readonly problem: string;
  readonly hint: string | undefined;
}

/** What a person can mend is told, and all else thrown. */
async function problemOf<T>(action: () => Promise<T>): Promise<{ readonly value: T } | Problem> {
  try {
    return { value: await action() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: error.message, hint: error.hint };
  }
}
