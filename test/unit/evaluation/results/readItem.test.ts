/** One item as lm-eval's samples files of several versions have it. */
import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { readItem } from '../../../../src/evaluation/results/importing/readItem.ts';
import { withBaseline } from '../../../../src/evaluation/results/baseline.ts';
import { readResults } from '../../../../src/evaluation/results/readResults.ts';
import { itemDetail } from '../../../../src/editor/evaluation/itemDetail.ts';
import { compareJob } from '../../../../src/worker/evaluating.ts';
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

  it('marks no choice as right where number and words disagree, and all that a list names', async () => {
    await using folder = await temporaryFolder();
    const write = async (target: unknown, choices: readonly string[]): Promise<boolean[]> => {
      const path = join(folder.path, `samples_x_${String(Math.random())}.jsonl`);
      const given = Object.fromEntries(choices.map((text, i) => [`gen_args_${i}`, { arg_0: 'Q', arg_1: text }]));
      const row = { doc_id: 0, doc: {}, target, arguments: given, resps: choices.map(() => [['-1', 'False']]) };
      await writeFile(
        path,
        `${JSON.stringify({ ...row, filtered_resps: choices.map(() => ['-1', 'False']), filter: 'none', acc: 1 })}\n`,
      );
      const found = await readItem({ source: path, task: 'x', docId: 0 }, signal);
      return found.choices.map(({ isTarget }) => isTarget);
    };
    assert.deepEqual(await write('2', [' 1', ' 2', ' 3']), [false, false, false]);
    assert.deepEqual(await write('2', [' a', ' b', ' c']), [false, false, true]);
    assert.deepEqual(await write(' b', [' a', ' b', ' c']), [false, true, false]);
    assert.deepEqual(await write([0, 2], [' a', ' b', ' c']), [true, false, true]);
    assert.deepEqual(await write('[0, 1]', [' a', ' b', ' c']), [true, true, false]);
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
    const silent = { ...own, choices: own.choices.map((one) => ({ ...one, logProbability: null })) };
    assert.ok(itemDetail('kind', 0, ['a', 'b'], [silent, own]).choices.every(({ isBest }) => !isBest[0]));
  });
});

describe('a pinned baseline', () => {
  const columns = [column('a', undefined, { kind: task({ values: [1, 0] }) })];

  it('is added where it answered one of the tasks, with those tasks alone', async () => {
    const [golden] = await readResults(NEW);
    const { columns: all, warning } = await withBaseline(columns, { label: golden?.label ?? '', source: NEW }, signal);
    assert.equal(warning, null);
    assert.deepEqual(
      all.map(({ label }) => label),
      ['a', golden?.label],
    );
    assert.deepEqual(Object.keys(all[1]?.tasks ?? {}), ['kind']);
  });

  it('is not added twice, nor where it shares nothing, nor where it is gone; and why is said', async () => {
    const [golden] = await readResults(NEW);
    const label = golden?.label ?? '';
    const others = [column('b', undefined, { other: task({ values: [1] }) })];
    await using folder = await temporaryFolder();
    const renamed = join(folder.path, basename(NEW));
    await cp(NEW, renamed);
    for (const [own, baseline, why] of [
      [columns, { label: 'a', source: NEW }, /is the a of these results/],
      [others, { label, source: NEW }, /answered none of these tasks/],
      [columns, { label: 'x', source: '/gone/results_1.json' }, /does not exist/],
      [columns, { label: 'of another name', source: renamed }, /has no such column/],
    ] as const) {
      const { columns: all, warning } = await withBaseline(own, baseline, signal);
      assert.equal(all.length, 1);
      assert.match(warning ?? '', why);
    }
  });
});

describe('comparing for a page', () => {
  const context = { sink: () => undefined, onLive: () => undefined, signal };

  it('goes on where the column to compare with is gone, and says so', async () => {
    const page = { baseline: { label: 'x', source: '/gone/results_1.json' } };
    const { reference, warnings } = await compareJob({ results: [NEW], reference: 'gone', page }, context);
    assert.equal(reference, null);
    assert.deepEqual(warnings.slice(0, 1), ['There is no column gone any more.']);
    assert.match(warnings[1] ?? '', /Not compared with the pinned baseline x/);
    await assert.rejects(compareJob({ results: [NEW, OLD], reference: 'gone' }, context), InputError);
  });

  it('compares with what was chosen, else with what was pinned', async () => {
    const [golden] = await readResults(NEW);
    const page = { baseline: { label: golden?.label ?? '', source: NEW } };
    const labelOf = async (reference?: string): Promise<string | undefined> => {
      const found = await compareJob({ results: [OLD], reference, page }, context);
      return found.columns[found.reference ?? -1]?.label;
    };
    const [old] = await readResults(OLD);
    assert.equal(await labelOf(), golden?.label);
    assert.equal(await labelOf(old?.label), old?.label);
  });
});
