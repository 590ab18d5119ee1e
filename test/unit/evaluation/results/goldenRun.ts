import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeItems } from '../../../../src/evaluation/tasks/items.ts';
import { loadTask } from '../../../../src/evaluation/tasks/loadTask.ts';
import { scoreItem } from '../../../../src/evaluation/tasks/score.ts';
import type { EvaluateRequest } from '../../../../src/evaluation/request.ts';
import type { ColumnFacts, ColumnRun, TaskRun } from '../../../../src/evaluation/results/types.ts';
import type { Answer, Document, OutputType } from '../../../../src/evaluation/types.ts';

export const CASE = join(import.meta.dirname, '../../../golden/results/case');
export const LM_EVAL = join(CASE, 'lm-eval-0.4.13/storyteller-v2');
/** In the order in which lm-eval was asked for them. */
export const TASKS = ['kind', 'mood_f1', 'kind_spoken', 'kind_word', 'kind_text'] as const;

export interface GoldenRow {
  readonly doc_id: number;
  readonly doc: Document;
  readonly resps: readonly (readonly (string | readonly [string, string])[])[];
  readonly filter: string;
  readonly [key: string]: unknown;
}

/** The file of lm-eval's that begins so. */
export function goldenFile(start: string): string {
  const name = readdirSync(LM_EVAL).find((each) => each.startsWith(`${start}_20`));
  return join(LM_EVAL, name!);
}

export function goldenLines(task: string): string[] {
  return readFileSync(goldenFile(`samples_${task}`), 'utf8')
    .trimEnd()
    .split('\n');
}

export function goldenRows(task: string): GoldenRow[] {
  return goldenLines(task).map((line) => JSON.parse(line) as GoldenRow);
}

export function goldenResults(): Record<string, Record<string, Record<string, unknown>>> {
  return JSON.parse(readFileSync(goldenFile('results'), 'utf8')) as ReturnType<typeof goldenResults>;
}

/** What lm-eval was asked and answered, as our own evaluation would have it. */
export async function goldenRun(name: string): Promise<TaskRun> {
  const task = await loadTask(join(CASE, 'tasks', `${name}.yaml`));
  const rows = goldenRows(name);
  const once = rows.filter(({ filter }) => filter === rows[0]?.filter);
  const items = makeItems(
    task,
    once.map(({ doc }) => doc),
    undefined,
    { eosText: '</s>' },
  );
  const records = items.map((item, i) => {
    const answers = once[i]!.resps.map(([response]) => answerOf(task.outputType, response!));
    return { item, answers, scored: scoreItem(task, item, answers) };
  });
  return { task, fewShot: 0, documents: 15, limit: 4, dataFiles: [], records, complete: true, seconds: 1.5 };
}

function answerOf(kind: OutputType, response: string | readonly [string, string]): Answer {
  if (typeof response !== 'string')
    return {
      kind: 'loglikelihood',
      logProbability: Number(response[0]),
      greedy: response[1] === 'True',
      tokens: 1,
      truncated: 0,
    };
  if (kind === 'generate_until') return { kind, text: response, tokens: 6, truncated: 0 };
  return { kind: 'loglikelihood_rolling', logProbability: Number(response), tokens: 9 };
}

export async function goldenColumn(facts: Partial<ColumnFacts> = {}): Promise<ColumnRun> {
  return { facts: { ...FACTS, ...facts }, tasks: await Promise.all(TASKS.map(goldenRun)) };
}

export const FACTS: ColumnFacts = {
  label: 'ported',
  role: 'ported',
  model: '/models/storyteller-v2',
  modelName: 'storyteller-v2',
  architecture: 'LlamaForCausalLM',
  parameters: 1443456,
  dtype: 'F32',
  modelSha256: 'aa',
  patches: [{ path: '/patches/kind', name: 'kind', sha256: 'bb', settingsSha256: 'dd', scale: 1 }],
  exported: false,
  control: null,
  device: 'cpu',
  memory: 'resident',
  bos: 'auto',
  maxLength: 256,
  tokenizerSha256: 'cc',
  specialTokens: { bos: '<s>', eos: '</s>' },
  endpoint: null,
  warnings: [],
};

export function requestInto(out: string, other: Partial<EvaluateRequest> = {}): EvaluateRequest {
  return {
    columns: [{ label: 'ported', model: '/models/storyteller-v2', patches: [] }],
    tasks: ['kind'],
    bos: 'auto',
    limit: 4,
    bootstrapIterations: 1000,
    seed: 1234,
    out,
    ...other,
  };
}
