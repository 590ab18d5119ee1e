/** Results and samples that strangers have written: no other file is read, no name is lost, and none holds anybody up. */
import { strict as assert } from 'node:assert';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compareResults } from '../../../../src/evaluation/results/compare.ts';
import { samplesPaths } from '../../../../src/evaluation/results/importing/findFiles.ts';
import { readItem } from '../../../../src/evaluation/results/importing/readItem.ts';
import { writeDated } from '../../../../src/evaluation/results/lmEval/datedFiles.ts';
import { sanitiseName } from '../../../../src/evaluation/results/lmEval/sanitise.ts';
import { readResults, type ImportedColumn } from '../../../../src/evaluation/results/readResults.ts';
import { writeResults } from '../../../../src/evaluation/results/writeResults.ts';
import { refusedSoon, soon } from '../data/hostile.ts';
import { goldenColumn, requestInto } from './goldenRun.ts';

const { signal } = new AbortController();
const DATE = '2026-01-01T00-00-00.000000';
const BRACKETS = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'portllm-hostile-'));
});
after(() => rm(root, { recursive: true, force: true }));

/** In a folder of its own. */
async function lay(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(root, 'case-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const results = (task: string, more: object = {}): string =>
  JSON.stringify({ results: { [task]: { 'acc,none': 0.5, 'acc_stderr,none': 0.1 } }, model_name: 'm', ...more });
const sample = (more: object): string =>
  `${JSON.stringify({ doc_id: 0, doc: {}, filter: 'none', metrics: ['acc'], doc_hash: 'a', acc: 1, ...more })}\n`;

describe('samples are read beside their results only', () => {
  for (const task of ['/../../secret/x', '../x', 'a/../../x', 'a\0b', 'x'.repeat(300), '..\\x', ''])
    it(JSON.stringify(task.slice(0, 20)), () => {
      for (const source of [`results_${DATE}.json`, 'results.json'])
        for (const path of samplesPaths(join(root, source), task, 'model=a')) {
          const name = path.slice(root.length + 1);
          assert.ok(!/[\\/\0]/.test(name) && Buffer.byteLength(name) <= 255, path);
        }
    });

  it('a task that leads elsewhere has none', async () => {
    const folder = await lay({ [`results_${DATE}.json`]: results('/../../secret/x') });
    await mkdir(join(folder, '..', 'secret'), { recursive: true });
    await mkdir(join(folder, 'samples_'), { recursive: true });
    await writeFile(join(folder, '..', 'secret', `x_${DATE}.jsonl`), sample({}));
    const [column] = await soon(() => readResults(folder));
    assert.equal(column!.tasks['/../../secret/x']!.items, undefined);
    const place = { source: join(folder, `results_${DATE}.json`), task: '/../../secret/x', docId: 0 };
    await refusedSoon(() => readItem(place, signal), /There are no samples of \/\.\.\/\.\.\/secret\/x/);
  });

  it('nor has a task with a NUL, or with a name that is longer than a file’s', async () => {
    for (const task of ['a\0b', 'x'.repeat(300), 'x'.repeat(100_000)]) {
      const folder = await lay({ [`results_${DATE}.json`]: results(task) });
      const [column] = await soon(() => readResults(folder));
      assert.deepEqual(Object.keys(column!.tasks), [task]);
      const place = { source: join(folder, `results_${DATE}.json`), task, docId: 0 };
      await refusedSoon(() => readItem(place, signal), /There are no samples of/);
    }
  });
});

describe('a name that every object has', () => {
  const NAMES = ['constructor', 'toString', 'valueOf', 'hasOwnProperty'];
  it('is a task like any other', async () => {
    for (const name of NAMES) {
      const groups = { group_subtasks: { other: [] }, configs: {}, versions: {}, 'n-shot': {}, higher_is_better: {} };
      const folder = await lay({ [`results_${DATE}.json`]: results(name, { ...groups, 'n-samples': {} }) });
      const [column] = await readResults(folder);
      const { metrics, version, fewShot, n, documents } = column!.tasks[name]!;
      assert.equal(metrics['acc,none']!.value, 0.5);
      assert.deepEqual([version, fewShot, n, documents], [null, null, null, null]);
    }
  });
  it('is not found in a column that does not have it', async () => {
    const columns: ImportedColumn[] = [];
    for (const task of ['constructor', 'other'])
      columns.push(
        ...(await readResults(await lay({ [`results_${DATE}.json`]: results(task, { model_name: task }) }))),
      );
    const { tables } = await compareResults(columns);
    assert.deepEqual(
      tables.map(({ task, cells }) => [task, cells.map((cell) => cell?.value)]),
      [
        ['constructor', [0.5, undefined]],
        ['other', [undefined, 0.5]],
      ],
    );
  });
  it('is a metric only where a line has it', async () => {
    const folder = await lay({ 'samples_t.jsonl': sample({ metrics: ['acc', ...NAMES] }) });
    const [column] = await readResults(join(folder, 'samples_t.jsonl'));
    assert.deepEqual(Object.keys(column!.tasks.t!.metrics), ['acc,none']);
  });
});

describe('a file of results is refused, soon,', () => {
  const CASES: Record<string, readonly [name: string, text: string, words: RegExp]> = {
    'with brackets in its settings': [
      'results.json',
      `{"results": {"t": {"acc,none": 1}}, "config": {"model_args": ${BRACKETS}}}`,
      /results\.json is nested too deeply/,
    ],
    'with brackets in a document': [
      'samples_t.jsonl',
      `{"doc_id": 0, "doc": {"a": ${BRACKETS}}, "acc": 1}`,
      /samples_t\.jsonl, line 1 is nested too deeply/,
    ],
    'with brackets as a target': [
      'samples_t.jsonl',
      `[{"doc_id": 0, "doc": {}, "target": ${BRACKETS}, "acc": NaN}]`,
      /samples_t\.jsonl is nested too deeply/,
    ],
    'with escapes without an end': [
      'results.json',
      `{"a": NaN, x ${'\\"'.repeat(50_000)}`,
      /is not JSON \(column 12\)/,
    ],
    'with other words': ['results.json', 'root:x:0:0:root', /results\.json is not JSON \(column 1\)\.$/],
    'with a metric for each line': [
      'samples_t.jsonl',
      Array.from({ length: 12_000 }, (_, i) => JSON.stringify({ doc_id: i, doc: {}, [`m${i}`]: 1 })).join('\n'),
      /samples_t\.jsonl has values of more than 100 metrics/,
    ],
    'with a long name in the wrong place': [
      'results.json',
      JSON.stringify({ results: { ['x'.repeat(500_000)]: 5 } }),
      /results\.json is no results file: results\.x+…/,
    ],
    'with a long metric twice': [
      'samples_t.jsonl',
      sample({ ['x'.repeat(300_000)]: 1, metrics: ['x'.repeat(300_000), 'x'.repeat(300_000)] }),
      /document 0 has x+… twice/,
    ],
    'with long numbers that are none': [
      'results.json',
      JSON.stringify({ results: { ['t'.repeat(100_000)]: { [`${'x'.repeat(100_000)},none`]: 'N/A' } } }),
      /of t+…, x+… is no number/,
    ],
  };
  for (const [name, [file, text, words]] of Object.entries(CASES))
    it(name, async () => {
      const folder = await lay({ [file]: text });
      await refusedSoon(() => readResults(join(folder, file)), words);
    });
});

describe('files are written under names that can be', () => {
  it('and that are lm-eval’s, where those can be', () => {
    assert.equal(sanitiseName('org/model:*?"<>|[x]\\y'), 'org__model__x__y');
    assert.equal(sanitiseName(`arc challenge-é_${'x'.repeat(180)}`), `arc challenge-é_${'x'.repeat(180)}`);
    assert.equal(sanitiseName('a\0b\n\ud800c'), 'a__b__c');
    for (const name of ['x'.repeat(300), 'é'.repeat(150), '😀'.repeat(300)]) {
      const plain = sanitiseName(name);
      assert.ok(Buffer.byteLength(plain) <= 200, plain);
      assert.match(plain, /^(x+|é+|😀+)~[0-9a-f]{16}$/u);
      assert.notEqual(plain, sanitiseName(`${name}y`));
    }
  });

  for (const name of ['x'.repeat(300), 'é'.repeat(200), 'a\0b', 'a/b'])
    it(`and are found again: ${JSON.stringify(name.slice(0, 10))}`, async () => {
      const { facts, tasks } = await goldenColumn();
      const [first] = tasks;
      const run = { ...first!, task: { ...first!.task, name } };
      const out = await mkdtemp(join(root, 'out-'));
      const path = await writeResults(
        requestInto(out),
        { facts: { ...facts, modelName: name }, tasks: [run] },
        { toolVersion: '1', signal },
      );
      const [column] = await readResults(path);
      assert.equal(column!.tasks[name]!.items!.length, run.records.length);
      const names = await readdir(join(path, '..'));
      assert.equal(names.length, 2);
      for (const each of names) {
        assert.ok(Buffer.byteLength(each) <= 255 && !each.includes('\0'));
        const [beside] = await readResults(join(path, '..', each));
        assert.deepEqual(Object.keys(beside!.tasks), [name]);
      }
    });

  it('and of which no two are one', async () => {
    const { facts, tasks } = await goldenColumn();
    const twins = ['b\ud800', 'b\ud801'].map((name) => ({ ...tasks[0]!, task: { ...tasks[0]!.task, name } }));
    const out = await mkdtemp(join(root, 'out-'));
    await refusedSoon(
      () => writeResults(requestInto(out), { facts, tasks: twins }, { toolVersion: '1', signal }),
      /Two tasks are called b__: their samples would have one file/,
    );
    const twice = ['a', 'a'].map((stem) => ({ stem, ending: 'json', text: ['x'] }) as const);
    await assert.rejects(
      soon(() => writeDated(out, twice, new Date(), signal)),
      { name: 'UserError', message: /takes no names for results/ },
    );
    assert.deepEqual(await readdir(out), []);
  });
});
