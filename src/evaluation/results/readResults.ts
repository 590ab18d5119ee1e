import { stat } from 'node:fs/promises';
import { readError } from '../../base/errors.ts';
import { withDataFile } from '../data/dataFile.ts';
import { linesOf } from '../data/lines.ts';
import { exists, findResultsFiles, resultsOfSamples } from './importing/findFiles.ts';
import type { ImportedColumn } from './importing/imported.ts';
import { aloneInSamples } from './importing/loneSamples.ts';
import { readResultsFile } from './importing/resultsFile.ts';
import { readSamples } from './importing/samples.ts';

export type { ImportedColumn, ImportedItem, ImportedMetric, ImportedTask } from './importing/imported.ts';

const NEVER = new AbortController().signal;

/**
 * Results of ours and of lm-eval 0.4.0 to 0.4.13: a results file with the samples beside it, a samples file, or a folder
 * of them. In a folder, results of one column are joined, and of a task that was evaluated again the newest count.
 *
 * @throws InputError with the file and what is wrong with it; CancelledError
 */
export async function readResults(path: string, signal: AbortSignal = NEVER): Promise<ImportedColumn[]> {
  if (await isFolder(path)) return readFolder(path, signal);
  if (await isSamples(path, signal)) return [await readSamplesAlone(path, signal)];
  return [(await readResultsFile(path, signal)).column];
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw readError(error, path);
  }
}

/** By what its first object holds: endings say nothing. */
async function isSamples(path: string, signal: AbortSignal): Promise<boolean> {
  return withDataFile(path, async (file) => {
    for await (const { text } of linesOf({ file, signal })) return /^\s*\[|^\s*\{\s*"doc_id"/.test(text);
    return false;
  });
}

async function readFolder(folder: string, signal: AbortSignal): Promise<ImportedColumn[]> {
  const columns = new Map<string, ImportedColumn>();
  for (const path of await findResultsFiles(folder)) {
    const { column, identity } = await readResultsFile(path, signal);
    const earlier = columns.get(identity);
    // The newest comes last.
    columns.set(identity, earlier ? { ...column, tasks: { ...earlier.tasks, ...column.tasks } } : column);
  }
  return [...columns.values()];
}

async function readSamplesAlone(path: string, signal: AbortSignal): Promise<ImportedColumn> {
  const { task, results } = resultsOfSamples(path);
  if (results !== undefined && (await exists(results))) {
    const { column } = await readResultsFile(results, signal, task);
    return { ...column, source: path };
  }
  return aloneInSamples(path, task, await readSamples(path, {}, signal));
}
