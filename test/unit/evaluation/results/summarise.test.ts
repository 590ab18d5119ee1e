import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import { summariseTask } from '../../../../src/evaluation/results/summarise.ts';
import { summariseTies } from '../../../../src/evaluation/results/ties.ts';
import type { ItemRecord } from '../../../../src/evaluation/results/types.ts';
import { goldenResults, goldenRun, TASKS } from './goldenRun.ts';

const OPTIONS = { bootstrapIterations: 1000, signal: new AbortController().signal };

describe("a task's summary", () => {
  it("has lm-eval's values and standard errors", async () => {
    for (const name of TASKS) {
      const { metrics, n } = await summariseTask(await goldenRun(name), OPTIONS);
      const golden = goldenResults().results![name]!;
      assert.equal(n, golden.sample_len);
      const keys = Object.keys(golden).filter((key) => key.includes(',') && !key.includes('_stderr'));
      assert.deepEqual(
        metrics.map(({ key }) => key),
        keys,
      );
      for (const { key, metric, filter, value, stderr, stderrText, n: items } of metrics) {
        assert.ok(Math.abs(value - Number(golden[key])) <= 1e-12 * Math.abs(value), key);
        const expected = golden[`${metric}_stderr,${filter}`];
        if (expected === 'N/A') assert.deepEqual([stderr, stderrText], ['N/A', null]);
        else {
          assert.ok(Math.abs(Number(stderr) - Number(expected)) <= 1e-12 * Number(expected), `${key} ± ${stderr}`);
          assert.match(stderrText!, /n = 4.*lm-eval's/);
        }
        assert.equal(items, 4);
      }
      const directions = Object.fromEntries(metrics.map(({ metric, higherIsBetter }) => [metric, higherIsBetter]));
      assert.deepEqual(directions, goldenResults().higher_is_better![name]);
    }
  });

  it('reports ties of a multiple choice, by document', async () => {
    const run = await goldenRun('kind');
    const records = run.records.map((record, i) => ({
      ...record,
      item: { ...record.item, docId: 10 + i },
      answers: i === 2 ? record.answers.map((answer) => ({ ...answer, logProbability: -2 })) : record.answers,
    }));
    const { ties } = await summariseTask({ ...run, records }, OPTIONS);
    assert.deepEqual([ties!.n, ties!.exact, ties!.near], [4, [12], []]);
    assert.match(ties!.text, /^1 exact tie, 0 near ties .*; n = 4$/);
    for (const name of ['kind_word', 'kind_spoken', 'kind_text'])
      assert.equal((await summariseTask(await goldenRun(name), OPTIONS)).ties, null, name);
  });

  it('counts items that a prompt of which was cut, once each', async () => {
    const run = await goldenRun('kind');
    const cut = (record: ItemRecord, places: readonly number[]): ItemRecord => ({
      ...record,
      answers: record.answers.map((answer, i) => ({ ...answer, truncated: places.includes(i) ? 5 : 0 })),
    });
    const records = run.records.map((record, i) => cut(record, [[], [0, 2], [1], []][i]!));
    assert.equal((await summariseTask({ ...run, records }, OPTIONS)).truncated, 2);
    assert.equal((await summariseTask(run, OPTIONS)).truncated, 0);
  });

  it('of a run that was stopped is that of what was answered', async () => {
    const run = await goldenRun('kind');
    const some = await summariseTask({ ...run, records: run.records.slice(1, 3), complete: false }, OPTIONS);
    assert.deepEqual([some.n, some.complete, some.metrics.map(({ n }) => n)], [2, false, [2, 2]]);
    const none = await summariseTask({ ...run, records: [], complete: false }, OPTIONS);
    assert.deepEqual([none.n, none.metrics, none.ties], [0, [], null]);
  });

  it('is cancelled', async () => {
    const signal = AbortSignal.abort();
    const summary = summariseTask(await goldenRun('mood_f1'), { ...OPTIONS, signal });
    await assert.rejects(summary, { name: 'CancelledError' });
  });
});

it('ties are not counted where there is one choice or no number', () => {
  const at = (docId: number, logProbabilities: readonly number[]) => ({ docId, logProbabilities });
  assert.equal(summariseTies([at(0, [-1])]), null);
  assert.equal(summariseTies([at(0, [-1, -1]), at(1, [NaN, -1])]), null);
  assert.deepEqual(summariseTies([at(4, [-1]), at(7, [-1, -3, -1])])?.exact, [7]);
});
