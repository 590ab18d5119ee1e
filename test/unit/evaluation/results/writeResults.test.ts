import { strict as assert } from 'node:assert';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { columnName } from '../../../../src/evaluation/results/lmEval/columnName.ts';
import { pythonDate } from '../../../../src/evaluation/results/lmEval/datedFiles.ts';
import { documentHash, targetText } from '../../../../src/evaluation/results/lmEval/hashes.ts';
import { dumps } from '../../../../src/evaluation/results/lmEval/pythonJson.ts';
import { sanitiseList, sanitiseName } from '../../../../src/evaluation/results/lmEval/sanitise.ts';
import { readResults } from '../../../../src/evaluation/results/readResults.ts';
import { writeResults } from '../../../../src/evaluation/results/writeResults.ts';
import { parsePythonJson } from '../../../../src/evaluation/data/pythonJson.ts';
import { PyFloat, PyTuple } from '../../../../src/evaluation/tasks/python/values.ts';
import { CASE, FACTS, goldenColumn, goldenLines, goldenResults, goldenRows, requestInto, TASKS } from './goldenRun.ts';

const { signal } = new AbortController();
const OPTIONS = { toolVersion: '9.9.9', signal };

describe("Python's JSON", () => {
  it('is written and hashed to the byte as lm-eval does', async () => {
    const cases = JSON.parse(await readFile(join(CASE, 'documents.json'), 'utf8')) as Record<string, string>[];
    assert.equal(cases.length, 6);
    for (const { indented = '', line = '', hash } of cases) {
      const document = keepingFloats(indented);
      assert.equal(dumps(document, 2), indented);
      assert.equal(dumps(document), line);
      assert.equal(documentHash(document), hash);
    }
  });

  it('takes Python’s values, maps and typed arrays, and leaves out what is undefined', () => {
    const value = {
      a: new PyTuple([1, new PyFloat(1)]),
      b: undefined,
      c: Float32Array.of(0.5),
      d: new Map([['k', -0]]),
    };
    assert.equal(dumps(value), '{"a": [1, 1.0], "c": [0.5], "d": {"k": -0.0}}');
    assert.equal(dumps([1e16, 2 ** 53, 12345678901234567890n]), '[1e+16, 9007199254740992, 12345678901234567890]');
  });

  it('has targets and leaves as Python prints them', () => {
    assert.deepEqual(
      sanitiseList([
        [-8, false],
        ['x', null, true],
      ]),
      [
        ['-8.0', 'False'],
        ['x', 'None', 'True'],
      ],
    );
    assert.deepEqual([2, 0.5, [0, 1], 'text'].map(targetText), ['2', '0.5', '[0, 1]', 'text']);
  });
});

/** JSON.parse cannot tell 1.0 from 1: whatever is written as a float becomes one. */
function keepingFloats(text: string): Record<string, unknown> {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+\.\d+(?:e[+-]\d+)?|-?\d+e[+-]\d+|\d{17,}/g, (found) =>
    found.startsWith('"') ? found : JSON.stringify(`\0${found}`),
  );
  const revive = (value: unknown): unknown => {
    if (typeof value === 'string' && value.startsWith('\0'))
      return /^\0\d+$/.test(value) ? BigInt(value.slice(1)) : new PyFloat(Number(value.slice(1)));
    if (Array.isArray(value)) return value.map(revive);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revive(inner)]));
  };
  return revive(parsePythonJson(marked)) as Record<string, unknown>;
}

describe('writing results', () => {
  let out: string;
  before(async () => {
    out = await mkdtemp(join(tmpdir(), 'portllm-results-'));
  });
  after(() => rm(out, { recursive: true, force: true }));

  it("writes lm-eval's samples, line for line", async () => {
    const path = await writeResults(requestInto(join(out, 'lines')), await goldenColumn(), OPTIONS);
    for (const task of TASKS) {
      const name = basename(path).replace('results_', `samples_${task}_`).replace('.json', '.jsonl');
      const text = await readFile(join(dirname(path), name), 'utf8');
      assert.ok(text.endsWith('}\n'));
      const lines = text.trimEnd().split('\n');
      assert.deepEqual(
        lines.map((line) => JSON.parse(line) as unknown),
        goldenRows(task),
      );
      // Where lm-eval's values are floats, to the byte.
      if (task !== 'kind_word') assert.deepEqual(lines, goldenLines(task));
    }
  });

  it("writes lm-eval's results with its numbers and keys, and one key more", async () => {
    const path = await writeResults(requestInto(join(out, 'results')), await goldenColumn(), OPTIONS);
    const text = await readFile(path, 'utf8');
    assert.match(text, /"versions": \{\n +"kind": 1\.0,/);
    assert.match(text, /"acc,none": 0\.0,\n +"acc_stderr,none": 0\.0,/);
    const ours = JSON.parse(text) as ReturnType<typeof goldenResults>;
    const golden = goldenResults();
    assert.deepEqual(Object.keys(ours), [...Object.keys(golden), 'portllm']);
    for (const key of ['versions', 'n-shot', 'higher_is_better', 'n-samples', 'task_hashes', 'group_subtasks'])
      assert.deepEqual(ours[key], golden[key], key);
    assert.deepEqual(Object.keys(ours.config!), Object.keys(golden.config!));
    for (const task of TASKS) {
      assert.deepEqual(Object.keys(ours.results![task]!), Object.keys(golden.results![task]!));
      for (const [key, value] of Object.entries(golden.results![task]!)) closeTo(ours.results![task]![key], value, key);
      const [config, expected] = [ours.configs![task]!, golden.configs![task]!];
      const apart = { fewshot_config: null, metadata: null, metric_list: null };
      if (task !== 'kind_spoken') assert.deepEqual({ ...config, ...apart }, { ...expected, ...apart });
      assert.deepEqual(names(config.metric_list), names(expected.metric_list));
    }
  });

  it('says where the numbers come from under that key', async () => {
    const path = await writeResults(requestInto(join(out, 'facts')), await goldenColumn(), OPTIONS);
    const { portllm } = JSON.parse(await readFile(path, 'utf8')) as { portllm: Record<string, Record<string, object>> };
    assert.deepEqual(portllm.column, FACTS);
    assert.equal(portllm.version, '9.9.9');
    assert.deepEqual(Object.keys(portllm.request!), ['tasks', 'bos', 'limit', 'bootstrapIterations', 'seed']);
    const [kind] = (await goldenColumn()).tasks;
    const { ties, hash, ...written } = portllm.tasks!.kind as Record<string, unknown>;
    assert.deepEqual(written, {
      source: join(CASE, 'tasks/kind.yaml'),
      fewShot: kind!.fewShot,
      documents: 15,
      limit: 4,
      dataFiles: [],
      complete: true,
      seconds: 1.5,
      truncated: 0,
    });
    assert.match(hash as string, /^[0-9a-f]{64}$/);
    assert.match((ties as { text: string }).text, /^0 exact ties, .*n = 4$/);
  });

  it('overwrites nothing and leaves nothing else behind', async () => {
    const request = requestInto(join(out, 'twice'));
    const column = { ...(await goldenColumn()), tasks: (await goldenColumn()).tasks.slice(0, 1) };
    const date = new Date(2026, 1, 3, 4, 5, 6, 7);
    const paths = await Promise.all([1, 2, 3].map(() => writeResults(request, column, { ...OPTIONS, date })));
    const folder = join(out, 'twice', 'storyteller-v2+kind@1');
    const stems = ['2026-02-03T04-05-06.007000', '2026-02-03T04-05-06.007001', '2026-02-03T04-05-06.007002'];
    assert.deepEqual(
      paths.sort(),
      stems.map((stem) => join(folder, `results_${stem}.json`)),
    );
    assert.deepEqual(
      (await readdir(folder)).sort(),
      [...stems.map((stem) => `results_${stem}.json`), ...stems.map((stem) => `samples_kind_${stem}.jsonl`)].sort(),
    );
  });

  it('does not mix a date with one that another task has', async () => {
    const request = requestInto(join(out, 'mixed'));
    const date = new Date(2026, 1, 3);
    const { facts, tasks } = await goldenColumn();
    const first = await writeResults(request, { facts, tasks: tasks.slice(0, 1) }, { ...OPTIONS, date });
    await rm(first);
    const second = await writeResults(request, { facts, tasks: tasks.slice(1, 2) }, { ...OPTIONS, date });
    assert.equal(basename(second), 'results_2026-02-03T00-00-00.000001.json');
  });

  it('removes what it began when it is cancelled or cannot write', async () => {
    const controller = new AbortController();
    controller.abort();
    const request = requestInto(join(out, 'cancelled'));
    const cancelled = writeResults(request, await goldenColumn(), { ...OPTIONS, signal: controller.signal });
    await assert.rejects(cancelled, { name: 'CancelledError' });
    await writeFile(join(out, 'file'), '');
    const refused = writeResults(requestInto(join(out, 'file')), await goldenColumn(), OPTIONS);
    await assert.rejects(refused, { name: 'UserError', message: /Cannot write .*a part of the path is not a folder/ });
    assert.deepEqual(await readdir(out).then((names) => names.filter((name) => name === 'cancelled')), []);
  });

  it('refuses two tasks of one name', async () => {
    const { facts, tasks } = await goldenColumn();
    const twice = { facts, tasks: [tasks[0]!, tasks[0]!] };
    await assert.rejects(writeResults(requestInto(out), twice, OPTIONS), { message: /Two tasks are called kind/ });
  });

  it('leaves out a task that was stopped before its first answer, and what it writes can be read', async () => {
    const { facts, tasks } = await goldenColumn();
    const [first, second] = [tasks[0]!, tasks[1]!];
    const begun = { facts, tasks: [first, { ...second, records: [], complete: false }] };
    const path = await writeResults(requestInto(join(out, 'begun')), begun, OPTIONS);
    assert.deepEqual(Object.keys((await readResults(path))[0]!.tasks), [first.task.name]);
  });
});

function names(metrics: unknown): unknown {
  return (metrics as { metric: string }[]).map(({ metric }) => metric);
}

/** A bootstrap's sums may end otherwise in the last digit. */
function closeTo(actual: unknown, expected: unknown, key: string): void {
  if (typeof expected === 'number' && typeof actual === 'number')
    assert.ok(Math.abs(actual - expected) <= 1e-12 * Math.abs(expected), `${key}: ${actual}, not ${expected}`);
  else assert.deepEqual(actual, expected, key);
}

describe('names', () => {
  it('are sanitised as lm-eval does', () => {
    assert.equal(sanitiseName('org/model:*?"<>|[x]\\y'), 'org__model__x__y');
  });

  it('say what a column is', () => {
    const [patch] = FACTS.patches;
    const two = [patch!, { ...patch!, name: 'mood', scale: 0.5 }];
    assert.equal(columnName({ ...FACTS, patches: two }), 'storyteller-v2+kind@1+mood@0.5');
    assert.equal(columnName({ ...FACTS, patches: [], modelName: 'org/m' }), 'org/m');
    assert.equal(columnName({ ...FACTS, control: 3, exported: true }), 'storyteller-v2+kind@1-control3-exported');
    assert.equal(columnName({ ...FACTS, patches: [], modelName: '..' }), 'model..');
  });

  it('hold dates as datetime.isoformat writes them', () => {
    assert.equal(pythonDate(new Date(2026, 10, 2, 3, 4, 5, 6), 1234), '2026-11-02T03-04-05.007234');
  });
});
