import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { checkItems } from '../../../../src/evaluation/tasks/checkItems.ts';
import { fewShotCount, makeItems } from '../../../../src/evaluation/tasks/items.ts';
import { loadTask } from '../../../../src/evaluation/tasks/loadTask.ts';
import { scoreItem } from '../../../../src/evaluation/tasks/score.ts';
import type { Document } from '../../../../src/evaluation/types.ts';
import { CHOICES, GENERATED, loaded, yaml } from './definitions.ts';
import { answerOf, pairs, tasks } from './reference.ts';

const QUESTIONS: readonly Document[] = [0, 1, 0, 1].map((label, i) => ({ question: `q${i}`, label }));

describe('items', () => {
  it('are as many as asked for, the first', async () => {
    const task = await loaded(yaml(CHOICES));
    const items = makeItems(task, QUESTIONS, undefined, { limit: 2 });
    assert.deepEqual(items.map(({ docId, document }) => [docId, document]), [[0, QUESTIONS[0]], [1, QUESTIONS[1]]]); // prettier-ignore
    assert.equal(makeItems(task, QUESTIONS, undefined, { limit: 99 }).length, 4);
  });

  it('generate until the end of sequence too, once', async () => {
    const task = await loadTask('gsm8k');
    const document = { question: 'q', answer: '#### 1' };
    const ends = (eosText: string | undefined): unknown => {
      const [request] = makeItems(task, [document], undefined, { fewShot: 0, eosText })[0]!.requests;
      return request?.kind === 'generate_until' ? request.generation : undefined;
    };
    assert.deepEqual(ends(undefined), { until: ['Question:', '</s>', '<|im_end|>'], maxTokens: 256 });
    assert.deepEqual(ends('</s>'), { until: ['Question:', '</s>', '<|im_end|>'], maxTokens: 256 });
    assert.deepEqual(ends('<eos>'), { until: ['Question:', '</s>', '<|im_end|>', '<eos>'], maxTokens: 256 });
  });

  it('have the examples that their seed draws', async () => {
    const task = await loadTask('sst2');
    const { train = [], validation = [] } = tasks.builtIn.sst2!;
    const contexts = (seed: number | undefined): unknown =>
      makeItems(task, validation, train, { fewShot: 3, seed }).map((item) => pairs(item)[0]?.[0]);
    assert.deepEqual(contexts(undefined), contexts(1234));
    assert.notDeepEqual(contexts(undefined), contexts(1));
  });

  it('keep to a task that says 0 examples, as in lm-eval', async () => {
    const zero = await loaded(yaml({ ...CHOICES, num_fewshot: 0 }));
    const two = await loaded(yaml({ ...CHOICES, num_fewshot: 2 }));
    const none = await loaded(yaml(CHOICES));
    assert.deepEqual([zero, two, none].map((task) => fewShotCount(task, 3)), [0, 3, 3]); // prettier-ignore
    assert.deepEqual([zero, two, none].map((task) => fewShotCount(task, undefined)), [0, 2, 0]); // prettier-ignore
    assert.equal(fewShotCount(two, 0), 0);
  });

  it('cannot be made of too few examples, or none', async () => {
    const task = await loaded(yaml({ ...CHOICES, fewshot_split: 'test' }));
    const make = (count: number, pool?: readonly Document[]): unknown =>
      makeItems(task, QUESTIONS, pool, { fewShot: count });
    assert.throws(() => make(4, QUESTIONS), /colours: 5 documents are needed to draw examples from, and there are 4/);
    assert.throws(() => make(1), /documents that its 1 examples come from are missing/);
    assert.throws(() => makeItems(task, [], undefined, {}), /there are no documents/);
    const first = await loaded(yaml({ ...CHOICES, fewshot_config: { sampler: 'first_n' } }));
    assert.throws(() => makeItems(first, QUESTIONS, QUESTIONS, { fewShot: 5 }), /5 documents are needed/);
  });

  it('see null where a document lacks a column that others have', async () => {
    const task = await loaded(yaml({ ...GENERATED, doc_to_text: 'extra' }));
    const documents = [
      { question: 'q', answer: 'a', extra: 'x' },
      { question: 'q', answer: 'a' },
    ];
    assert.throws(
      () => makeItems(task, documents, undefined, {}),
      /document 1 .*doc_to_text must be a text and is nothing/,
    );
  });
});

const GOOD = { question: 'abcdefg', label: 0 };
/** Keys, a second document that does not fit them, and what is said of it. */
const FAULTS: readonly (readonly [keys: object, document: Document, reason: RegExp])[] = [
  [{ doc_to_text: '{{question}}\n{{extra.x}}' }, { ...GOOD, extra: null }, /line 2 of the template: 'NoneType object' has no attribute 'x'/],
  [{ doc_to_text: '{{question[5]}}' }, { ...GOOD, question: 'abc' }, /line 1 of the template: str object has no element 5/],
  [{ doc_to_text: '{{question}}' }, { ...GOOD, question: '007' }, /doc_to_text: it is not a Python literal: "007"/],
  [{ doc_to_text: '{{question}}' }, { ...GOOD, question: '7' }, /doc_to_text gives the number 7 where a text is needed/],
  [{ doc_to_choice: '{{question.split("c") if label == 0 else question}}' }, { ...GOOD, label: 1 }, /doc_to_choice: it is not a Python literal: "abcdefg"/],
  [{ doc_to_choice: '{{["a", "b"] if label == 0 else label}}' }, { ...GOOD, label: 1 }, /doc_to_choice must be a list of texts and is of the type int/],
  [{ doc_to_choice: '{{["a", "b"] if label == 0 else [1, 2]}}' }, { ...GOOD, label: 1 }, /doc_to_choice must be a text in its list and is of the type int/],
  [{ doc_to_choice: '{{["a", "b"] if label == 0 else []}}' }, { ...GOOD, label: 1 }, /there are no choices/],
  [{ doc_to_target: 'label' }, { ...GOOD, label: null }, /doc_to_target must be a text, a number.* and is nothing/],
]; // prettier-ignore

describe('a fault in a document', () => {
  for (const [keys, document, reason] of FAULTS)
    it(`is shown with task, document and key: ${JSON.stringify(keys)}`, async () => {
      const task = await loaded(yaml({ ...CHOICES, ...keys }));
      const make = (): unknown => makeItems(task, [{ ...GOOD, extra: { x: 1 } }, document], undefined, {});
      assert.throws(make, (error: Error) => error instanceof InputError && error.message.includes('task.yaml (colours), document 1 (counted from 0)') && reason.test(error.message)); // prettier-ignore
    });

  it('names a column that is missing, and those that there are', async () => {
    const task = await loaded(yaml({ ...CHOICES, doc_to_text: 'a\n{{missing}}' }));
    assert.throws(() => makeItems(task, [GOOD], undefined, {}), /doc_to_text, line 2 of the template: "missing" is no column, and the document has question, label/); // prettier-ignore
  });

  it('is found in examples too', async () => {
    const task = await loaded(yaml({ ...CHOICES, training_split: 'train', num_fewshot: 1 }));
    assert.throws(() => makeItems(task, [GOOD], [{ ...GOOD, label: 9 }], {}), /example 0 .*: 9 is the number of none of the 2 choices/); // prettier-ignore
  });
});

describe('a warning', () => {
  const warn = async (keys: object, documents: readonly Document[]): Promise<string[]> => {
    const task = await loaded(yaml({ ...CHOICES, ...keys }));
    return checkItems(task, makeItems(task, documents, undefined, {}));
  };

  it('is not given without a reason', async () => {
    assert.deepEqual(await warn({}, QUESTIONS), []);
  });

  it('names choices that are the same, or begin one another, and empty contexts', async () => {
    assert.deepEqual(await warn({ doc_to_choice: ['a', 'a'] }, QUESTIONS), [
      'colours: 4 documents (0, 1, 2, …) have identical choices: only the first of them can win.',
    ]);
    assert.deepEqual(await warn({ doc_to_choice: ['blue', 'blueish'] }, QUESTIONS.slice(0, 1)), [
      'colours: 1 document (0) has a choice that another one begins with: summed log-likelihood favours the shorter.',
    ]);
    assert.match((await warn({ doc_to_text: '' }, QUESTIONS)).join(), /4 documents .* an empty context/);
    assert.match((await warn({ doc_to_choice: ['', 'x'], target_delimiter: '' }, QUESTIONS)).join(), /an empty answer/);
  });

  it('is an error where the gold answer is no choice', async () => {
    await assert.rejects(
      warn({}, [{ question: 'q', label: 2 }]),
      /document 0 .*: the gold answer 2 is none of the 2 choices/,
    );
    await assert.rejects(warn({}, [{ question: 'q', label: -1 }]), (error: InputError) => error.hint?.includes('never published') === true); // prettier-ignore
    await assert.rejects(warn({}, [{ question: 'q', label: 'green' }]), /the gold answer "green" is none/);
  });
});

describe('a score', () => {
  it('goes to the first of equal choices, and to NaN as NumPy has it', async () => {
    const task = await loaded(yaml({ ...CHOICES, doc_to_choice: ['a', 'bb', 'c'], metric_list: [{ metric: 'f1' }] }));
    const [item] = makeItems(task, [{ question: 'q', label: 0 }], undefined, {});
    const predicted = (...values: number[]): unknown =>
      scoreItem(task, item!, values.map((value) => answerOf([value, false])))[0]?.values.f1; // prettier-ignore
    assert.deepEqual(predicted(-1, -1, -1), [0, 0]);
    assert.deepEqual(predicted(-2, -1, -1), [0, 1]);
    assert.deepEqual(predicted(-1, NaN, -0.5), [0, 1]);
  });

  it('counts characters as code points and bytes as UTF-8', async () => {
    const metric_list = [{ metric: 'acc' }, { metric: 'acc_norm' }, { metric: 'acc_bytes' }];
    const task = await loaded(yaml({ ...CHOICES, doc_to_choice: ['😀😀😀', 'abcd'], metric_list }));
    const [item] = makeItems(task, [{ question: 'q', label: 0 }], undefined, {});
    const values = (first: number, second: number): unknown =>
      scoreItem(task, item!, [answerOf([first, false]), answerOf([second, false])])[0]?.values;
    // Per character −1 against −0.9, per byte −0.25 against −0.9.
    assert.deepEqual(values(-3, -3.6), { acc: 1, acc_norm: 0, acc_bytes: 1 });
  });

  it('needs an answer to every request', async () => {
    const task = await loaded(yaml(CHOICES));
    const [item] = makeItems(task, QUESTIONS, undefined, {});
    assert.throws(() => scoreItem(task, item!, []), /0 answers to 2 requests/);
  });

  it('falls back where a match is asked for that is not there', async () => {
    const filter = [
      { function: 'regex', regex_pattern: '\\d', group_select: 1, fallback: '?' },
      { function: 'take_first' },
    ];
    const task = await loaded(yaml({ ...GENERATED, filter_list: [{ name: 'second', filter }] }));
    const [item] = makeItems(task, [{ question: 'q', answer: '2' }], undefined, {});
    assert.deepEqual(scoreItem(task, item!, [answerOf('1 and 2')])[0], { filter: 'second', filtered: ['2'], values: { exact_match: 1 } }); // prettier-ignore
    assert.deepEqual(scoreItem(task, item!, [answerOf('1')])[0]?.filtered, ['?']);
  });
});
