import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readDocuments } from '../../../../src/evaluation/data/readDocuments.ts';
import { makeItems } from '../../../../src/evaluation/tasks/items.ts';
import { loadTask } from '../../../../src/evaluation/tasks/loadTask.ts';
import { goldOf, scoreItem } from '../../../../src/evaluation/tasks/score.ts';
import { fewShotSplit, type Task } from '../../../../src/evaluation/tasks/task.ts';
import type { Item } from '../../../../src/evaluation/types.ts';
import { withFiles } from './definitions.ts';
import { answerOf, pairs } from './reference.ts';

async function open(name: string, text: string, fewShot = 0): Promise<{ task: Task; items: Item[] }> {
  return withFiles({ [name]: text }, async (folder) => {
    const task = await loadTask(join(folder, name));
    const documents = await readDocuments(join(folder, name));
    return { task, items: makeItems(task, documents, documents, { fewShot }) };
  });
}

async function fromRows(rows: readonly unknown[], fewShot = 0): Promise<{ task: Task; items: Item[] }> {
  return open('quiz.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''), fewShot);
}

const SKY = { prompt: 'The sky is', choices: ['red', 'blue'] };

describe('a data file as a task', () => {
  it('is a multiple choice where there are choices', async () => {
    const { task, items } = await fromRows([{ ...SKY, gold: 1 }]);
    assert.equal(task.name, 'quiz');
    assert.equal(task.outputType, 'multiple_choice');
    assert.deepEqual(task.metrics.map(({ metric }) => metric), ['acc']); // prettier-ignore
    assert.deepEqual(task.datasetKwargs, { data_files: { test: 'quiz.jsonl' } });
    assert.deepEqual(pairs(items[0]), [['The sky is', ' red'], ['The sky is', ' blue']]); // prettier-ignore
  });

  for (const [context, choice, expected] of [
    ['The mood was', ' good', ' good'],
    ['The mood was', 'good', ' good'],
    ['The mood was', '\ngood', '\ngood'],
    ['The mood was ', 'good', 'good'],
    ['The mood was\n', ' good', ' good'],
    ['', 'good', 'good'],
  ] as const)
    it(`has one delimiter: ${JSON.stringify([context, choice])}`, async () => {
      const { items } = await fromRows([{ context, choices: [choice, 'x'], gold: 0 }]);
      assert.deepEqual(pairs(items[0])[0], [context, expected]);
    });

  for (const [gold, choices, number] of [
    [1, ['red', 'blue'], 1],
    ['1', ['red', 'blue'], 1],
    ['blue', ['red', 'blue'], 1],
    ['blue', ['red', ' blue'], 1],
    ['a', [' a', 'a'], 1],
    ['B', ['red', 'blue'], 1],
    ['B', ['B', 'A'], 0],
    ['2', ['1', '2', '3'], 1],
    [2, ['1', '2', '3'], 2],
    [true, ['no', 'yes'], 1],
  ] as const)
    it(`finds the gold choice: ${JSON.stringify(gold)} of ${JSON.stringify(choices)}`, async () => {
      const { task, items } = await fromRows([{ query: 'Q', choices, gold }]);
      assert.deepEqual(goldOf(task, items[0]!), [number]);
    });

  for (const gold of [2, -1, 'C', 'green', 0.5, null, ['red']])
    it(`refuses a gold choice that is none: ${JSON.stringify(gold)}`, async () => {
      await assert.rejects(fromRows([{ ...SKY, gold }]), /document 0 \(counted from 0\): the gold .* is not known; known are 0 to 1, A to B, and the choices themselves/); // prettier-ignore
    });

  for (const columns of [
    { prompt: 'Q', choices: ['a', 'b'], answer: 0 },
    { query: 'Q', options: ['a', 'b'], label: 0 },
    { question: 'Q', choices: ['a', 'b'], target: 'a' },
    { prompt: 'Q', context: 'unused', choices: ['a', 'b'], gold: 0, answer: 'unused' },
  ])
    it(`knows the columns ${Object.keys(columns).join(', ')}`, async () => {
      const { items } = await fromRows([columns]);
      assert.deepEqual(pairs(items[0]), [['Q', ' a'], ['Q', ' b']]); // prettier-ignore
    });

  it('refuses two columns that could both be the prompt', async () => {
    await assert.rejects(fromRows([{ question: 'Q', context: 'C', choices: ['a', 'b'], gold: 0 }]), /context and question could both/); // prettier-ignore
  });

  it('is a continuation where there are no choices', async () => {
    const { task, items } = await fromRows([{ context: 'Once upon a', continuation: 'time' }]);
    assert.equal(task.outputType, 'loglikelihood');
    assert.deepEqual(pairs(items[0]), [['Once upon a', ' time']]);
    assert.deepEqual(scoreItem(task, items[0]!, [answerOf([-2, true])]), [
      { filter: 'none', filtered: [[-2, true]], values: { perplexity: -2, acc: 1 } },
    ]);
  });

  it('takes its examples from itself, without the question', async () => {
    const rows = ['one', 'two', 'three'].map((word, i) => ({
      prompt: `${word} is`,
      choices: ['odd', 'even'],
      gold: i % 2,
    }));
    const { task, items } = await fromRows(rows, 2);
    assert.equal(fewShotSplit(task), 'test');
    for (const [i, item] of items.entries()) {
      const context = pairs(item)[0]?.[0] ?? '';
      for (const [j, { prompt, choices, gold }] of rows.entries())
        assert.equal(context.includes(`${prompt} ${choices[gold]}\n\n`), i !== j, context);
      assert.ok(context.endsWith(`\n\n${rows[i]?.prompt}`));
    }
  });

  it('may be a table, its choices written as a list', async () => {
    const { task, items } = await open('quiz.csv', 'prompt,choices,answer\nQ,"[""a"", ""it\'s""]",B\n');
    assert.equal(task.datasetPath, 'csv');
    assert.deepEqual(pairs(items[0]), [['Q', ' a'], ['Q', " it's"]]); // prettier-ignore
    assert.deepEqual(goldOf(task, items[0]!), [1]);
  });

  it('says which columns are missing', async () => {
    await assert.rejects(fromRows([{ text: 'x' }]), /no column prompt or query or context or question \(it has text\)/);
    await assert.rejects(fromRows([{ prompt: 'x', choices: ['a'] }]), /no column gold or answer or label or target/);
    await assert.rejects(fromRows([{ prompt: 'x', choices: 'a, b', gold: 0 }]), /choices must be a list of texts/);
    await assert.rejects(fromRows([{ prompt: 5, choices: ['a'], gold: 0 }]), /prompt must be a text and is 5/);
  });

  it('takes a number for an answer', async () => {
    const { items } = await fromRows([{ prompt: '2 + 2 =', answer: 4 }]);
    assert.deepEqual(items[0]?.requests, [{ kind: 'loglikelihood', context: '2 + 2 =', continuation: ' 4' }]);
  });

  it('has a hash that does not depend on where it lies', async () => {
    const [first, second] = [await fromRows([{ ...SKY, gold: 1 }]), await fromRows([{ ...SKY, gold: 0 }])];
    assert.equal(first.task.hash, second.task.hash);
  });
});
