import { strict as assert } from 'node:assert';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { sha256Of } from '../../../../src/base/hash.ts';
import { aggregate } from '../../../../src/evaluation/statistics/aggregations.ts';
import { readResults, type ImportedColumn } from '../../../../src/evaluation/results/readResults.ts';
import { writeResults } from '../../../../src/evaluation/results/writeResults.ts';
import {
  CASE,
  FACTS,
  goldenColumn,
  goldenFile,
  goldenResults,
  goldenRows,
  LM_EVAL,
  requestInto,
  TASKS,
} from './goldenRun.ts';

const OPTIONS = { toolVersion: '9.9.9', signal: new AbortController().signal };
const OLD = join(CASE, 'lm-eval-0.4.5/org__guesser');
const OLDEST = join(CASE, 'lm-eval-0.4.0');

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'portllm-read-'));
});
after(() => rm(root, { recursive: true, force: true }));

async function readOne(path: string): Promise<ImportedColumn> {
  const columns = await readResults(path);
  assert.equal(columns.length, 1);
  return columns[0]!;
}

/** What each file reports is what its samples give: rows are with the right filter, values with the right metric. */
function assertConsistent({ tasks }: ImportedColumn): void {
  for (const [task, { metrics, items }] of Object.entries(tasks))
    for (const [key, { value, aggregation }] of Object.entries(metrics)) {
      const computed = aggregate(
        aggregation!,
        items!.map(({ values }) => values[key]!),
      );
      assert.ok(Math.abs(computed - value) <= 1e-12 * Math.abs(value), `${task} ${key}: ${computed}, not ${value}`);
    }
}

describe("lm-eval's results", () => {
  it('are read, of version 0.4.13', async () => {
    const column = await readOne(LM_EVAL);
    assert.deepEqual([column.label, column.tool, column.facts], ['storyteller-v2', 'lm-eval 0.4.13', undefined]);
    assert.equal(column.source, goldenFile('results'));
    assert.deepEqual(Object.keys(column.tasks), [...TASKS]);
    assertConsistent(column);
    const { kind_text: text, kind_spoken: spoken } = column.tasks;
    const golden = goldenResults().results!;
    assert.deepEqual(text!.metrics['word_perplexity,none'], {
      value: golden.kind_text!['word_perplexity,none'],
      stderr: null,
      aggregation: 'weighted_perplexity',
      higherIsBetter: false,
    });
    assert.deepEqual(Object.keys(spoken!.metrics), ['exact_match,strict-match', 'exact_match,flexible-extract']);
    assert.deepEqual(
      [spoken!.n, spoken!.documents, spoken!.limit, spoken!.fewShot, spoken!.version, spoken!.complete],
      [4, 15, 4, 0, '3', true],
    );
  });

  it('have items with hashes, values and log-probabilities', async () => {
    const { tasks } = await readOne(goldenFile('results'));
    const [row] = goldenRows('kind');
    assert.deepEqual(tasks.kind!.items![0], {
      docId: 0,
      docHash: row!.doc_hash,
      promptHash: row!.prompt_hash,
      targetHash: row!.target_hash,
      excerpt: row!.doc.context,
      choiceLogProbabilities: row!.resps.map(([response]) => Number(response![0])),
      values: { 'acc,none': row!.acc, 'acc_norm,none': row!.acc_norm },
    });
    assert.equal(tasks.kind_word!.items![0]!.choiceLogProbabilities, undefined);
    assert.deepEqual(tasks.mood_f1!.items![0]!.values['f1,none'], goldenRows('mood_f1')[0]!.f1);
  });

  it('are read of the versions whose samples do not name their filters', async () => {
    const column = await readOne(OLD);
    assert.deepEqual([column.label, column.tool], ['org/guesser', 'lm-eval']);
    assertConsistent(column);
    const { metrics } = column.tasks.kind_spoken!;
    assert.deepEqual(
      [metrics['exact_match,strict-match']!.value, metrics['exact_match,flexible-extract']!.value],
      [2 / 3, 1],
    );
  });

  it('are read of the first versions, with hashes computed as later ones do', async () => {
    const [column, later] = [await readOne(OLDEST), await readOne(OLD)];
    assert.deepEqual([column.label, column.tool], ['org/guesser', 'lm-eval']);
    assertConsistent(column);
    for (const task of ['kind', 'kind_spoken']) {
      assert.equal(column.tasks[task]!.items!.length, 3);
      const hashes = (each: ImportedColumn): unknown =>
        each.tasks[task]!.items!.map(({ docHash, promptHash, targetHash }) => [docHash, promptHash, targetHash]);
      assert.deepEqual(hashes(column), hashes(later));
    }
    assert.equal(column.tasks.kind!.items![0]!.choiceLogProbabilities!.length, 3);
  });

  it('are read without samples', async () => {
    const path = join(root, 'alone', 'my_results.json');
    await mkdir(dirname(path));
    await cp(goldenFile('results'), path);
    const { tasks } = await readOne(path);
    assert.deepEqual([tasks.kind!.n, tasks.kind!.items], [4, undefined]);
  });

  it('are read from a samples file, with its results or alone', async () => {
    const beside = await readOne(goldenFile('samples_mood_f1'));
    assert.deepEqual(Object.keys(beside.tasks), ['mood_f1']);
    assert.deepEqual(beside.tasks.mood_f1, (await readOne(LM_EVAL)).tasks.mood_f1);
    const alone = join(root, 'lone', basename(goldenFile('samples_mood_f1')));
    await mkdir(dirname(alone));
    await cp(goldenFile('samples_mood_f1'), alone);
    const column = await readOne(alone);
    assert.equal(column.label, 'lone');
    assertConsistent(column);
    for (const [key, metric] of Object.entries(beside.tasks.mood_f1!.metrics)) {
      const { stderr, ...rest } = column.tasks.mood_f1!.metrics[key]!;
      assert.deepEqual({ ...rest, stderr: metric.stderr }, metric, key);
      assert.ok(Math.abs(stderr! - metric.stderr!) < 1e-12);
    }
    const list = await readOne(join(OLDEST, 'pretrained__org__guesser_kind.jsonl'));
    assert.deepEqual(list.tasks.pretrained__org__guesser_kind!.metrics['acc,none']!.value, 1 / 3);
  });

  it('may hold NaN and unknown keys, and groups', async () => {
    const path = join(root, 'odd.json');
    const results = {
      kind: { alias: 'kind', 'acc,none': 0.5, 'acc_stderr,none': 'N/A', 'new,none': 'text' },
      all: { alias: 'all', 'acc,none': 0.5 },
      broken: { 'perplexity,none': 0 },
    };
    const text = JSON.stringify({
      results,
      group_subtasks: { all: ['kind'], kind: [] },
      model_name: '/work/models/mine',
      more: 1,
    });
    await writeFile(
      path,
      text.replace('"perplexity,none":0', '"perplexity,none":NaN,"perplexity_stderr,none":Infinity'),
    );
    const { tasks, label } = await readOne(path);
    assert.equal(label, 'mine');
    assert.deepEqual(Object.keys(tasks), ['kind', 'broken']);
    assert.deepEqual(tasks.kind!.metrics, {
      'acc,none': { value: 0.5, stderr: null, aggregation: 'mean', higherIsBetter: true },
    });
    assert.equal(tasks.kind!.n, null);
    assert.deepEqual(tasks.broken!.metrics['perplexity,none']!.value, NaN);
    assert.equal(tasks.broken!.metrics['perplexity,none']!.stderr, Infinity);
  });
});

describe('our results', () => {
  it('are read as they were written', async () => {
    const run = await goldenColumn();
    const stopped = run.tasks.map((task, i) => (i === 0 ? { ...task, complete: false } : task));
    const path = await writeResults(requestInto(join(root, 'ours')), { ...run, tasks: stopped }, OPTIONS);
    const column = await readOne(path);
    const { label, role, tool, facts, tasks } = column;
    assert.deepEqual(
      { label, role, tool, facts },
      { label: 'ported', role: 'ported', tool: 'PortLLM 9.9.9', facts: FACTS },
    );
    assert.deepEqual([tasks.kind!.complete, tasks.kind_text!.complete], [false, true]);
    const theirs = await readOne(LM_EVAL);
    for (const name of TASKS) assert.deepEqual(tasks[name]!.items, theirs.tasks[name]!.items);
    assertConsistent(column);
  });

  it('of a folder are joined by column, the newest of each task counting', async () => {
    const out = join(root, 'joined');
    const { facts, tasks } = await goldenColumn();
    const half = { ...tasks[0]!, records: tasks[0]!.records.slice(0, 2), complete: false };
    const write = (date: Date, each: typeof tasks, label = facts.label): Promise<string> => {
      const how = { device: `on ${date.getDate()}`, memory: String(date), warnings: [String(date)] };
      return writeResults(requestInto(out), { facts: { ...facts, ...how, label }, tasks: each }, { ...OPTIONS, date });
    };
    await write(new Date(2026, 0, 3), [tasks[0]!]);
    await write(new Date(2026, 0, 1), [half, tasks[1]!]);
    await write(new Date(2026, 0, 2), [half], 'other');
    const columns = await readResults(out);
    assert.deepEqual(
      columns.map(({ label }) => label),
      ['ported', 'other'],
    );
    assert.deepEqual(
      Object.entries(columns[0]!.tasks).map(([name, { n }]) => [name, n]),
      [
        ['kind', 4],
        ['mood_f1', 4],
      ],
    );
    assert.match(columns[0]!.source, /results_2026-01-03/);
  });
});

describe('what cannot be read', () => {
  const refused = async (name: string, text: string, message: RegExp): Promise<void> => {
    const path = join(root, name);
    await writeFile(path, text);
    await assert.rejects(readResults(path), (error: InputError) => {
      assert.match(error.message, message);
      assert.ok(error.message.includes(path), error.message);
      return error instanceof InputError;
    });
  };
  const row = (more: object): string =>
    `${JSON.stringify({ doc_id: 0, doc: {}, filter: 'none', metrics: ['acc'], doc_hash: 'a', acc: 1, ...more })}\n`;

  it('is refused with file and reason', async () => {
    await refused('text.json', 'hello', /is not JSON/);
    await refused('other.json', '{"a": 1}', /is no results file: results is missing/);
    await refused('empty.json', '{"results": {}}', /holds results of no task/);
    await refused('v3.json', '{"results": {"boolq": {"acc": 0.5, "acc_stderr": 0.1}}}', /of an lm-eval before 0\.4/);
    await refused('ours.json', '{"results": {}, "portllm": {"version": "1"}}', /is no results file: portllm\./);
    await refused('s1.jsonl', row({}) + row({ doc_id: 'x' }), /line 2: doc_id must be a number and is a text/);
    await refused('s2.jsonl', `${row({})}{"doc_id": 1,\n`, /line 2 is not JSON/);
    await refused('s3.jsonl', row({}) + row({ doc_hash: 'b', filter: 'two' }), /line 2: document 0 is not the one/);
    await refused('s4.jsonl', row({}) + row({}), /line 2: document 0 has acc,none twice/);
    await refused('s5.jsonl', '[{"doc": 1}]', /sample 1: doc_id is missing/);
    await refused('s6.jsonl', '[]', /holds no samples/);
  });

  it('is refused where there is nothing', async () => {
    await assert.rejects(readResults(join(root, 'nowhere')), { message: /Cannot read .*nowhere: it does not exist/ });
    await mkdir(join(root, 'bare'));
    await assert.rejects(readResults(join(root, 'bare')), {
      message: /There are no results in .*bare/,
      hint: /lm-eval/,
    });
  });

  it('is refused for broken samples beside good results', async () => {
    const folder = join(root, 'half');
    await cp(LM_EVAL, folder, { recursive: true });
    const samples = join(folder, basename(goldenFile('samples_kind')));
    const text = await readFile(samples, 'utf8');
    await writeFile(samples, text.slice(0, -20));
    await assert.rejects(readResults(folder), { message: /samples_kind_.*, line 4 is not JSON/ });
  });
});

it('targets of old files are hashed as Python prints them', async () => {
  const path = join(root, 'target.jsonl');
  const base = { doc: {}, arguments: [['q', 'a']], resps: [], filtered_resps: [], acc: true };
  await writeFile(
    path,
    JSON.stringify([
      { doc_id: 1, target: 2, ...base },
      { doc_id: 0, target: [0, 1], ...base },
    ]),
  );
  const { items } = (await readOne(path)).tasks.target!;
  assert.deepEqual(
    items!.map(({ targetHash }) => targetHash),
    [sha256Of('[0, 1]'), sha256Of('2')],
  );
  assert.deepEqual(items![0]!.values, { 'acc,none': 1 });
});
