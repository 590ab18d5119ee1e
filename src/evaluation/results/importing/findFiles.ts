import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode, InputError, readError } from '../../../base/errors.ts';
import { isPlainName } from '../../../base/inside.ts';
import { sanitiseName } from '../lmEval/sanitise.ts';

/** `<out>/<model>/` and what people put around it. */
const MAX_DEPTH = 4;
const MAX_FOLDERS = 10_000;
/** What file systems allow; no longer one can be there. */
const MAX_NAME_BYTES = 255;
const DATE = /_(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}(?:\.\d+)?)\.jsonl?$/;
/** `results.json` before lm-eval 0.4.3; `<name>_<date>.json` where its --output_path was a file. */
const RESULTS = /^results.*\.json$|_\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}(?:\.\d+)?\.json$/;

/** Results files in the folder and below it, the newest last. @throws InputError if there are none */
export async function findResultsFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  const folders = [{ path: folder, depth: 0 }];
  // It grows while it is gone through.
  for (const { path, depth } of folders) {
    for (const entry of await entriesOf(path)) {
      const inside = join(path, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith('.') && depth < MAX_DEPTH)
        folders.push({ path: inside, depth: depth + 1 });
      else if (entry.isFile() && RESULTS.test(entry.name)) found.push(inside);
    }
    if (folders.length > MAX_FOLDERS) throw new InputError(`${folder} holds more than ${MAX_FOLDERS} folders.`);
  }
  if (found.length > 0) return found.sort(byDate);
  throw new InputError(
    `There are no results in ${folder}.`,
    'Results are the files results_<date>.json that an evaluation, or lm-eval with --output_path, writes.',
  );
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    throw readError(error, path);
  }
}

function byDate(a: string, b: string): number {
  const [x, y] = [dateOf(a) ?? '', dateOf(b) ?? ''];
  return x < y || (x === y && a < b) ? -1 : 1;
}

/** Of a results or samples file: what stands in its name. */
export function dateOf(path: string): string | undefined {
  return DATE.exec(basename(path))?.[1];
}

/** Where the samples of a task may lie that belong to a results file; only beside it, whatever the task is called. */
export function samplesPaths(results: string, task: string, modelArguments: unknown): string[] {
  return samplesNames(dateOf(results), task, modelArguments)
    .filter((name) => isPlainName(name) && Buffer.byteLength(name) <= MAX_NAME_BYTES)
    .map((name) => join(dirname(results), name));
}

function samplesNames(date: string | undefined, task: string, modelArguments: unknown): string[] {
  if (date !== undefined) return [task, sanitiseName(task)].map((name) => `samples_${name}_${date}.jsonl`);
  // Before 0.4.3 (lm_eval/__main__.py).
  if (typeof modelArguments !== 'string') return [];
  return [`${modelArguments.replace(/[/=]/g, '__')}_${task}.jsonl`];
}

/** A samples file's results, and its task. */
export function resultsOfSamples(samples: string): { readonly task: string; readonly results: string | undefined } {
  const name = basename(samples);
  const date = dateOf(samples);
  const task = name
    .replace(DATE, '')
    .replace(/\.jsonl?$/, '')
    .replace(/^samples_/, '');
  return { task, results: date === undefined ? undefined : join(dirname(samples), `results_${date}.json`) };
}

export async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw readError(error, path);
  }
}
