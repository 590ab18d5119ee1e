/** What test/golden/tasks/make_tasks.py wrote. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Document, Item } from '../../../../src/evaluation/types.ts';

export const GOLDEN = join(import.meta.dirname, '../../../golden/tasks');

/** A log-likelihood with its greediness, a rolling log-likelihood, or a text. */
type Reply = readonly [number, boolean] | number | string;

export interface Run {
  readonly task: string;
  readonly shots: number | null;
  readonly limit: number | null;
  readonly version: string | number;
  readonly aggregations: Readonly<Record<string, string>>;
  readonly higherIsBetter: Readonly<Record<string, boolean>>;
  readonly items: readonly {
    readonly contexts: readonly string[];
    readonly asked: readonly (readonly [number, (string | { until: string | string[] })?])[];
    readonly target: unknown;
    readonly answers: readonly Reply[];
    readonly scored: readonly { filter: string; filtered: readonly unknown[]; values: Record<string, unknown> }[];
  }[];
}

export type Splits = Readonly<Record<string, readonly Document[]>>;

interface TasksGolden {
  readonly builtIn: Readonly<Record<string, Splits>>;
  readonly own: Readonly<Record<string, Splits>>;
  readonly runs: readonly Run[];
}

interface PythonGolden {
  readonly random: readonly {
    readonly seed: number;
    readonly random: readonly number[];
    readonly bits: readonly (readonly [number, number])[];
    readonly below: readonly (readonly [number, number])[];
    readonly sample: readonly (readonly [number, number, readonly number[]])[];
    readonly choices: readonly number[];
    readonly shuffled: readonly number[];
    readonly later: number;
  }[];
  readonly literals: readonly (readonly [string, string | null])[];
  readonly patterns: readonly {
    readonly pattern: string;
    readonly cases: readonly (readonly [string, readonly unknown[], string, string])[];
  }[];
  readonly replacements: readonly (readonly [string, string, string, string | null])[];
  readonly scalars: readonly (readonly [string, string])[];
}

interface TemplatesGolden {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly templates: readonly (readonly [string, string | null])[];
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(GOLDEN, 'case', name), 'utf8'));
}

export const tasks = read('tasks.json') as TasksGolden;
export const python = read('python.json') as PythonGolden;
export const templates = read('templates.json') as TemplatesGolden;

export function answerOf(reply: Reply): Answer {
  if (typeof reply === 'string') return { kind: 'generate_until', text: reply, tokens: 1, truncated: 0 };
  if (typeof reply === 'number') return { kind: 'loglikelihood_rolling', logProbability: reply, tokens: 1 };
  return { kind: 'loglikelihood', logProbability: reply[0], greedy: reply[1], tokens: 1, truncated: 0 };
}

/** The contexts and continuations of multiple choices and the like. */
export function pairs(item: Item | undefined): (readonly [string, string])[] {
  return (item?.requests ?? []).map((request) => {
    if (request.kind !== 'loglikelihood') throw new Error(`a request is ${request.kind}`);
    return [request.context, request.continuation];
  });
}
