/** What local files call the columns and labels of the built-in tasks, and in what form they hold them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { makeItems } from '../../../../src/evaluation/tasks/items.ts';
import { loadTask } from '../../../../src/evaluation/tasks/loadTask.ts';
import { goldOf } from '../../../../src/evaluation/tasks/score.ts';
import type { Document } from '../../../../src/evaluation/types.ts';
import { pairs } from './reference.ts';

/** Documents as the hub's data sets have them, and others that mean the same. */
const SPELLINGS: readonly (readonly [task: string, Document, readonly Document[]])[] = [
  [
    'rte',
    { sentence1: 'A cat sat.', sentence2: 'It sat.', label: 1, idx: 0 },
    [
      { premise: 'A cat sat.', hypothesis: 'It sat.', label: 'not_entailment', idx: 0 },
      { sentence1: 'A cat sat.', sentence2: 'It sat.', label: '1' },
    ],
  ],
  [
    'wnli',
    { sentence1: 'A', sentence2: 'B', label: 1, idx: 0 },
    [
      { index: 0, sentence1: 'A', sentence2: 'B', label: 'entailment' },
      { premise: 'A', hypothesis: 'B', label: 1 },
    ],
  ],
  [
    'mrpc',
    { sentence1: 'A', sentence2: 'B', label: 1, idx: 0 },
    [
      { Quality: 1, '#1 ID': 5, '#2 ID': 6, '#1 String': 'A', '#2 String': 'B' },
      { sentence1: 'A', sentence2: 'B', label: 'equivalent' },
    ],
  ],
  [
    'sst2',
    { sentence: 'so good ', label: 1, idx: 0 },
    [
      { text: 'so good ', label: 1 },
      { text: 'so good ', label: 'positive' },
    ],
  ],
  [
    'boolq',
    { passage: 'P', question: 'q', label: 1, idx: 0 },
    [
      { passage: 'P', question: 'q', label: true, idx: 0 },
      { passage: 'P', question: 'q', answer: true },
      { passage: 'P', question: 'q', label: 'yes' },
      { passage: 'P', question: 'q', label: 'true' },
    ],
  ],
  [
    'winogrande',
    { sentence: 'The cup left the box because _ was big. ', option1: 'the cup', option2: 'the box', answer: '2' },
    [
      {
        context_options: ['The cup left the box because the cup', 'The cup left the box because the box'],
        continuation: 'was big.',
        gold: 1,
      },
      { sentence: 'The cup left the box because _ was big. ', option1: 'the cup', option2: 'the box', answer: 2 },
    ],
  ],
];

describe('a built-in task', () => {
  for (const [name, hub, others] of SPELLINGS)
    for (const [i, other] of others.entries())
      it(`asks the same of a local file's document: ${name} (${i})`, async () => {
        const task = await loadTask(name);
        const [expected, actual] = [hub, other].map((document) => makeItems(task, [document], undefined, {})[0]!);
        assert.deepEqual(pairs(actual), pairs(expected));
        assert.deepEqual(actual!.target, expected!.target);
        assert.deepEqual(goldOf(task, actual!), goldOf(task, expected!));
        assert.deepEqual(goldOf(task, expected!), [1]);
        assert.equal(actual!.document, other);
      });

  it('has the answers of RTE and WNLI the other way round', async () => {
    const document = { sentence1: 'A', sentence2: 'B', label: 'entailment' };
    for (const [name, gold] of [['rte', 0], ['wnli', 1]] as const) {
      const task = await loadTask(name);
      const [item] = makeItems(task, [document], undefined, {});
      assert.deepEqual(goldOf(task, item!), [gold]);
      assert.equal(item!.choices[gold], 'True');
    } // prettier-ignore
  });

  for (const [name, document, reason] of [
    ['rte', { premise: 'A', hypothesis: 'B', label: 'neutral' }, /rte, document 0 \(counted from 0\): the label "neutral" is not known; known are entailment \(0\), not_entailment \(1\)/],
    ['sst2', { sentence: 'A', label: -1 }, /the label -1 is not known/],
    ['sst2', { sentence: 'A', label: 2 }, /the label 2 is not known/],
    ['sst2', { sentence: 'A', label: null }, /the label null is not known/],
    ['sst2', { text: 'A', phrase: 'B' }, /there is no column label \(there are text, phrase\)/],
    ['sst2', { review: 'A', label: 1 }, /doc_to_text, line 1 of the template: "sentence" is no column, and the document has review, label/],
    ['winogrande', { sentence: 'no gap', option1: 'a', option2: 'b', answer: '1' }, /the sentence has no gap/],
    ['winogrande', { sentence: 'a _', option1: 'a', option2: 'b', answer: '' }, /the answer "" is not known; known are "1" and "2"/],
    ['winogrande', { context_options: ['a', 'b'], continuation: 'c', gold: 2 }, /the gold 2 is not known/],
    ['winogrande', { sentence: 'a _', option1: 'a', answer: '1' }, /there is no column option2/],
  ] as const)
    it(`says what it cannot read: ${name} ${JSON.stringify(document)}`, async () => {
      const task = await loadTask(name);
      assert.throws(() => makeItems(task, [document], undefined, {}), (error: Error) => error instanceof InputError && reason.test(error.message));
    }); // prettier-ignore

  it('says that a split is not labelled', async () => {
    const task = await loadTask('sst2');
    assert.throws(
      () => makeItems(task, [{ sentence: 'A', label: -1 }], undefined, {}),
      (error: InputError) => error.hint?.includes('never published') === true,
    );
  });

  it('refuses two columns that could both be meant', async () => {
    const task = { ...(await loadTask('rte')), columns: { sentence1: ['premise', 'text'] } };
    const document = { premise: 'A', text: 'B', sentence2: 'C', label: 0 };
    assert.throws(
      () => makeItems(task, [document], undefined, {}),
      /premise and text could both be the task's sentence1/,
    );
  });
});
