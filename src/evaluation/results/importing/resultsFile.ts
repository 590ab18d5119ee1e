import { basename, dirname, isAbsolute } from 'node:path';
import { InputError } from '../../../base/errors.ts';
import { brief } from '../../../base/quote.ts';
import { issueText } from '../../../base/schemaIssue.ts';
import { withDataFile } from '../../data/dataFile.ts';
import { decode } from '../../data/lines.ts';
import { parseJsonAt } from '../../data/pythonJson.ts';
import { sanitiseName } from '../lmEval/sanitise.ts';
import { own } from '../own.ts';
import { exists, samplesPaths } from './findFiles.ts';
import type { ImportedColumn, ImportedItem, ImportedTask } from './imported.ts';
import { metricsIn, splitKey } from './metrics.ts';
import { RESULTS, type ResultsJson } from './resultsSchema.ts';
import { readSamples } from './samples.ts';

/** A results file's column with the samples that lie beside it. */
export interface Identified {
  readonly column: ImportedColumn;
  /** Of the column: the same in all its files. */
  readonly identity: string;
}

/** @param only of its tasks this one */
export async function readResultsFile(path: string, signal: AbortSignal, only?: string): Promise<Identified> {
  const json = await readResultsJson(path);
  const tasks: [string, ImportedTask][] = [];
  for (const name of Object.keys(json.results)) {
    // Groups have no items of their own.
    if ((own(json.group_subtasks, name) ?? []).length > 0) continue;
    if (only !== undefined && name !== only && sanitiseName(name) !== only) continue;
    tasks.push([name, await taskFrom(json, name, path, signal)]);
  }
  if (tasks.length === 0)
    throw new InputError(`${path} holds results of no task${only === undefined ? '' : ` ${brief(only)}`}.`);
  const facts = json.portllm?.column;
  const model = json.model_name ?? modelFrom(json.config?.model_args) ?? basename(dirname(path));
  const column = {
    label: facts?.label ?? (isAbsolute(model) ? basename(model) : model),
    role: facts?.role ?? undefined,
    source: path,
    tool: json.portllm ? `PortLLM ${json.portllm.version}` : ['lm-eval', json.lm_eval_version].join(' ').trim(),
    facts,
    tasks: Object.fromEntries(tasks),
  };
  const identity = facts
    ? JSON.stringify({ ...facts, warnings: undefined, device: undefined, memory: undefined })
    : JSON.stringify([dirname(path), model, json.config?.model_args]);
  return { column, identity };
}

/** Before 0.4.3 the file does not name the model (loggers/evaluation_tracker.py, `_get_model_name`). */
function modelFrom(given: unknown): string | undefined {
  return typeof given === 'string'
    ? /(?:^|,)(?:peft|delta|pretrained|model|path|engine)=([^,]+)/.exec(given)?.[1]
    : undefined;
}

/** @throws InputError if it is no results file */
export async function readResultsJson(path: string): Promise<ResultsJson> {
  const text = await withDataFile(path, async (file) => decode(await file.read(0, file.size), path));
  const { data, error } = RESULTS.safeParse(parseJsonAt(path, text.replace(/^\uFEFF/, '')));
  if (data) return data;
  throw new InputError(
    `${path} is no results file: ${brief(issueText(error))}.`,
    'Results are what an evaluation, or lm-eval with --output_path, writes.',
  );
}

async function taskFrom(json: ResultsJson, name: string, path: string, signal: AbortSignal): Promise<ImportedTask> {
  const metrics = metricsIn(json, name, path);
  const keys = Object.keys(metrics).map(splitKey);
  const filters = own(json.configs, name)?.filter_list?.map((filter) => filter.name) ?? ['none'];
  const known = { filters, metrics: [...new Set(keys.map(([metric]) => metric))] };
  const items = await samplesOf(samplesPaths(path, name, json.config?.model_args), known, signal);
  const ours = own(json.portllm?.tasks, name);
  const sampleLength = own(json.results, name)?.sample_len;
  const [fewShot, version] = [own(json['n-shot'], name), own(json.versions, name)];
  const counts = own(json['n-samples'], name);
  return {
    metrics,
    n: counts?.effective ?? items?.length ?? (typeof sampleLength === 'number' ? sampleLength : null),
    documents: counts?.original ?? null,
    limit: json.config?.limit ?? null,
    fewShot: typeof fewShot === 'number' ? fewShot : null,
    version: typeof version === 'number' || typeof version === 'string' ? String(version) : null,
    complete: ours?.complete ?? true,
    truncated: ours?.truncated ?? 0,
    items,
  };
}

async function samplesOf(
  paths: readonly string[],
  known: Parameters<typeof readSamples>[1],
  signal: AbortSignal,
): Promise<ImportedItem[] | undefined> {
  for (const path of paths) if (await exists(path)) return readSamples(path, known, signal);
  return undefined;
}
