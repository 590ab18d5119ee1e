/** One item as lm-eval's samples files of several versions have it. */
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { readItem } from '../../../../src/evaluation/results/importing/readItem.ts';
import { withBaseline } from '../../../../src/evaluation/results/baseline.ts';
import { readResults } from '../../../../src/evaluation/results/readResults.ts';
import { itemDetail } from '../../../../src/editor/evaluation/itemDetail.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { column, task } from './columns.ts';
import { CASE, goldenFile, goldenRows } from './goldenRun.ts';

const { signal } = new AbortController();
const NEW = goldenFile('results');
const OLD = join(CASE, 'lm-eval-0.4.0/results.json');

describe('readItem', () => {
  it("has prompt, choices and log-probabilities of lm-eval's multiple choice", async () => {
    const [row] = goldenRows('kind');
    assert.ok(row);
    const { prompt, choices, texts } = await readItem({ source: NEW, task: 'kind', docId: row.doc_id }, signal);
    const asked = Object.values(row.arguments as Record<string, { arg_0: string; arg_1: string }>);
    assert.equal(prompt, asked[0]?.arg_0);
    assert.deepEqual(
      choices.map(({ text }) => text),
      asked.map(({ arg_1: text }) => text),
    );
    assert.deepEqual(
      choices.map(({ logProbability }) => logProbability),
      row.resps.map(([response]) => Number(response?.[0])),
    );
    assert.deepEqual(choices.map(({ isTarget }, i) => (isTarget ? String(i) : '')).join(''), String(row.target));
    assert.deepEqual(texts, []);
  });

  it('has what was generated, and the answer', async () => {
    const [row] = goldenRows('kind_spoken');
    assert.ok(row);
    const found = await readItem({ source: NEW, task: 'kind_spoken', docId: row.doc_id }, signal);
    assert.deepEqual([found.target, found.choices], [String(row.target), []]);
    assert.equal(found.texts.length, 1);
  });

  it('reads files of before 0.4.3, and a samples file alone', async () => {
    const old = await readItem({ source: OLD, task: 'kind', docId: 0 }, signal);
    assert.ok(
      old.prompt.length > 0 && old.choices.length > 1 && old.choices.every((one) => one.logProbability !== null),
    );
    const alone = await readItem({ source: goldenFile('samples_kind'), task: 'whatever', docId: 0 }, signal);
    assert.ok(alone.choices.length > 1);
  });

  it('says what is missing', async () => {
    await assert.rejects(readItem({ source: NEW, task: 'kind', docId: 999 }, signal), /has no document 999/);
    await assert.rejects(readItem({ source: NEW, task: 'no_such', docId: 0 }, signal), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /no samples of no_such beside/);
      assert.match(error.hint ?? '', /--log_samples/);
      return true;
    });
  });

  it('lays two answers side by side, each with its best choice', async () => {
    const own = await readItem({ source: NEW, task: 'kind', docId: 0 }, signal);
    const other = { ...own, choices: own.choices.map((one, i) => ({ ...one, logProbability: i === 1 ? -0.1 : -9 })) };
    const { choices, columns } = itemDetail('kind', 0, ['a', 'b'], [own, other]);
    assert.deepEqual(columns, ['a', 'b']);
    assert.deepEqual(
      choices.map(({ isBest }) => isBest[1]),
      choices.map((_, i) => i === 1),
    );
    assert.equal(choices.filter(({ isBest }) => isBest[0]).length, 1);
    assert.equal(choices[0]?.logProbabilities[0], own.choices[0]?.logProbability);
  });
});

describe('a pinned baseline', () => {
  const columns = [column('a', undefined, { kind: task({ values: [1, 0] }) })];

  it('is added where it answered one of the tasks, with those tasks alone', async () => {
    const [golden] = await readResults(NEW);
    const all = await withBaseline(columns, { label: golden?.label ?? '', source: NEW }, signal);
    assert.deepEqual(
      all.map(({ label }) => label),
      ['a', golden?.label],
    );
    assert.deepEqual(Object.keys(all[1]?.tasks ?? {}), ['kind']);
  });

  it('is not added twice, nor where it shares nothing, nor where it is gone', async () => {
    assert.equal((await withBaseline(columns, { label: 'a', source: NEW }, signal)).length, 1);
    const others = [column('b', undefined, { other: task({ values: [1] }) })];
    const [golden] = await readResults(NEW);
    assert.equal((await withBaseline(others, { label: golden?.label ?? '', source: NEW }, signal)).length, 1);
    assert.equal((await withBaseline(columns, { label: 'x', source: '/gone/results_1.json' }, signal)).length, 1);
    await using folder = await temporaryFolder();
    const renamed = join(folder.path, basename(NEW));
    await cp(NEW, renamed);
    assert.equal((await withBaseline(columns, { label: 'of another name', source: renamed }, signal)).length, 1);
  });
});
