import * as z from 'zod';
import { sha256Of } from '../../../base/hash.ts';
import type { MetricValue } from '../../types.ts';
import { documentHash, targetText } from '../lmEval/hashes.ts';
import { dumps } from '../lmEval/pythonJson.ts';
import { own } from '../own.ts';
import type { ImportedItem } from './imported.ts';

/** A line of a samples file; hashes since 0.4.3, filter and metrics since 0.4.8. */
export const ROW = z.looseObject({
  doc_id: z.int().nonnegative(),
  doc: z.record(z.string(), z.unknown()).nullish(),
  target: z.unknown().optional(),
  arguments: z.unknown().optional(),
  resps: z.unknown().optional(),
  filtered_resps: z.unknown().optional(),
  filter: z.string().optional(),
  metrics: z.array(z.string()).optional(),
  doc_hash: z.string().optional(),
  prompt_hash: z.string().optional(),
  target_hash: z.string().optional(),
});
export type Row = z.output<typeof ROW>;

const EXCERPT = 100;

/** All but the values, which other lines may add to. */
export function itemOf(row: Row): Omit<ImportedItem, 'values'> {
  const prompt = promptIn(row.arguments);
  const choiceLogProbabilities = choicesIn(row.filtered_resps);
  return {
    docId: row.doc_id,
    docHash: row.doc_hash ?? documentHash(row.doc ?? {}),
    promptHash: row.prompt_hash ?? sha256Of(prompt),
    targetHash: row.target_hash ?? sha256Of(textOfTarget(row.target)),
    excerpt: excerptOf(prompt),
    ...(choiceLogProbabilities && { choiceLogProbabilities }),
  };
}

/** @param names of metrics, where the line does not say them */
export function valuesOf(row: Row, filter: string, names: readonly string[] | undefined): [string, MetricValue][] {
  const metrics = row.metrics ?? names ?? Object.keys(row).filter((key) => !Object.hasOwn(ROW.shape, key));
  return metrics.flatMap((metric): [string, MetricValue][] => {
    const value = metricValue(own(row, metric));
    return value === undefined ? [] : [[`${metric},${filter}`, value]];
  });
}

function metricValue(value: unknown): MetricValue | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [first, second] = value.map((each: unknown) => (typeof each === 'boolean' ? Number(each) : each));
  return typeof first === 'number' && typeof second === 'number' ? [first, second] : undefined;
}

/** The first argument of the first request: `{gen_args_0: {arg_0}}`, or before 0.4.3 `[[arg_0, …], …]`. */
export function promptIn(given: unknown): string {
  const [request] = valuesIn(given);
  const [prompt] = valuesIn(request);
  return typeof prompt === 'string' ? prompt : '';
}

export function valuesIn(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

/** [log-probability, greedy] of each of several choices; as texts since 0.4.3. */
function choicesIn(filtered: unknown): readonly number[] | undefined {
  if (!Array.isArray(filtered) || filtered.length < 2) return undefined;
  const numbers = filtered.flatMap((pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && isTruth(pair[1]) ? (numberIn(pair[0]) ?? []) : [],
  );
  return numbers.length === filtered.length ? numbers : undefined;
}

function isTruth(value: unknown): boolean {
  return typeof value === 'boolean' || value === 'True' || value === 'False';
}

/** Also as Python's `str` writes it. */
export function numberIn(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value === 'nan') return NaN;
  if (value === 'inf' || value === '-inf') return value === 'inf' ? Infinity : -Infinity;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  return Number.isNaN(number) ? undefined : number;
}

export function textOfTarget(target: unknown): string {
  if (typeof target === 'string' || typeof target === 'number') return targetText(target);
  if (Array.isArray(target) && target.every((each) => typeof each === 'number')) return targetText(target);
  return dumps(target);
}

/** In one line, without half of a surrogate pair. */
function excerptOf(prompt: string): string {
  const points = Array.from(prompt.replace(/\s+/g, ' ').trim());
  return points.length <= EXCERPT ? points.join('') : `…${points.slice(1 - EXCERPT).join('')}`;
}
