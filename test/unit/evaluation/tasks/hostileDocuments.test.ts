/** Documents and answers that would never be read or scored to their end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { checkItems } from '../../../../src/evaluation/tasks/checkItems.ts';
import { makeItems } from '../../../../src/evaluation/tasks/items.ts';
import { literalEval } from '../../../../src/evaluation/tasks/python/literal.ts';
import { PythonError } from '../../../../src/evaluation/tasks/python/values.ts';
import { scoreItem } from '../../../../src/evaluation/tasks/score.ts';
import type { Document } from '../../../../src/evaluation/types.ts';
import { CHOICES, GENERATED, loaded, yaml } from './definitions.ts';
import { endsWell, type Outcome } from './hostile.ts';
import { answerOf, pairs } from './reference.ts';

describe('a Python literal of a stranger', () => {
  for (const [what, text, outcome] of [
    ['a long text', `'${'a'.repeat(9_000_000)}'`, /longer than the 1000000 characters/],
    ['a long number', '1'.repeat(9_000_000), /longer than the 1000000 characters/],
    ['a number of a million digits', '1'.repeat(1_000_000), /is not a Python literal/],
    ['a large text', `'${'a'.repeat(900_000)}'`, 'succeeds'],
    ['quotes without end', `['${`'''`.repeat(300_000)}`, /is not a Python literal/],
    ['brackets without end', '['.repeat(900_000), /is not a Python literal/],
  ] as const)
    it(`ends well: ${what}`, () => endsWell(() => literalEval(text), outcome, PythonError));
});

const DEEP: unknown = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
const QUESTION = { question: 'q', label: 0 };
const SAME = { fewshot_split: 'test', num_fewshot: 1 };
const FIRST = { ...SAME, fewshot_config: { sampler: 'first_n' } };
const THOUSAND = Array.from({ length: 1000 }, (_, i) => `c${i}`);
const ENDLESS = '{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}';
const WIDE = Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`column ${i}`, i]));

function many(count: number, of: (i: number) => Document): Document[] {
  return Array.from({ length: count }, (_, i) => of(i));
}

const DOCUMENTS: readonly (readonly [what: string, keys: object, documents: readonly Document[], Outcome])[] = [
  ['nested without end', {}, [{ ...QUESTION, deep: DEEP }], /task\.yaml \(colours\), document 0 .*: it is nested more than 200 deep/],
  ['with examples nested without end', SAME, many(9, (i) => ({ ...QUESTION, deep: i > 0 ? DEEP : 0 })), /example 1 .*: it is nested too deeply/],
  ['with a number without end', {}, [{ ...QUESTION, question: '1'.repeat(1_000_000) }], /doc_to_text: it is not a Python literal/],
  ['with many choices', { doc_to_choice: '{{ ["a"] * 9000 }}' }, [QUESTION], /doc_to_choice gives more than 1000 choices/],
  ['with many columns', { doc_to_text: '{{ missing }}' }, [WIDE], /"missing" is no column/],
  ['with a template without end', { doc_to_text: ENDLESS }, [QUESTION], /doc_to_text, line 1 of the template: it takes more than/],
  ['that ask for too much', { doc_to_choice: THOUSAND }, many(1100, () => QUESTION), /more than 1000000 requests/],
  ['of two kinds, for examples', SAME, many(8000, (i) => ({ question: `q${i % 2}`, label: 0 })), 'succeeds'],
  ['of one kind, for examples', SAME, many(8000, () => QUESTION), /1 documents are needed to draw examples from, and there are 0/],
  ['of two kinds, for the first examples', FIRST, many(8000, (i) => ({ question: `q${Number(i > 4000)}`, label: 0 })), 'succeeds'],
]; // prettier-ignore

describe('documents of a stranger', () => {
  for (const [what, keys, documents, outcome] of DOCUMENTS)
    it(`end well: ${what}`, async () => {
      const task = await loaded(yaml({ ...CHOICES, ...keys }));
      await endsWell(() => makeItems(task, documents, documents, {}), outcome, InputError);
    });

  it('are looked over in time, however many choices they have', async () => {
    const sameLength = THOUSAND.map((_, i) => `c${1000 + i}`);
    const task = await loaded(yaml({ ...CHOICES, doc_to_choice: sameLength }));
    const items = makeItems(
      task,
      many(600, () => QUESTION),
      undefined,
      {},
    );
    await endsWell(() => assert.deepEqual(checkItems(task, items), []), 'succeeds', InputError);
  });

  it('have one prompt, rendered once for all their choices', async () => {
    const slow = '{% for i in range(9000) %}a{% endfor %}';
    const task = await loaded(yaml({ ...CHOICES, doc_to_choice: THOUSAND, doc_to_text: slow }));
    const make = (): void => assert.equal(pairs(makeItems(task, [QUESTION], undefined, {})[0]).length, 1000);
    await endsWell(make, 'succeeds', InputError);
  });
});

describe('examples', () => {
  const fruits = ['apple', 'pear', 'apple', 'fig', 'apple', 'plum'];
  const documents = fruits.map((question) => ({ question, label: 0 }));

  for (const sampler of ['first_n', 'default'])
    it(`leave out the question and its twins: ${sampler}`, async () => {
      const task = await loaded(yaml({ ...CHOICES, fewshot_split: 'test', fewshot_config: { sampler }, num_fewshot: 3 })); // prettier-ignore
      for (const item of makeItems(task, documents, documents, {})) {
        const texts = (pairs(item)[0]?.[0] ?? '').split('\n\n');
        assert.equal(texts.length, 4);
        assert.ok(!texts.slice(0, 3).includes(`${texts[3]} red`), texts.join());
      }
      const [first, second] = makeItems(task, documents, documents, {});
      if (sampler === 'default') return;
      assert.equal(pairs(first)[0]?.[0], 'pear red\n\nfig red\n\nplum red\n\napple');
      assert.equal(pairs(second)[0]?.[0], 'apple red\n\napple red\n\nfig red\n\npear');
    });
});

const TOO_LARGE =
  /sums, document 0 \(counted from 0\): a pattern of the task cannot be used: it is too large for a text/;
const GOLDS = Array.from({ length: 9000 }, (_, i) => `gold ${i}`);

/** A filter, what is ignored, an answer and the gold one. */
const SCORED: readonly (readonly [filter: string, ignored: string, answer: string, gold: unknown, Outcome])[] = [
  ['a.*b|a', 'x', 'a'.repeat(20_000), 'a', /a pattern of the task cannot be used: it takes more than a second/],
  ['(?:a?){300}(?:b|c)', 'x', 'a'.repeat(100_000), 'a', TOO_LARGE],
  ['.', 'a?b?c?d?e?', 'a', 'a'.repeat(1_000_000), TOO_LARGE],
  ['.', 'x', '1'.repeat(500_000), 'a', /it is found more than 100000 times/],
  ['(?s)(.*)', 'x', `${'\0'.repeat(60_000)}a`, 'a', 'succeeds'],
  ['.*', '(?s)\\W|.*#### ', 'a '.repeat(1000), GOLDS, 'succeeds'],
];

describe('an answer', () => {
  for (const [regex_pattern, ignored, answer, gold, outcome] of SCORED)
    it(`is scored to its end: ${regex_pattern} without ${ignored}`, async () => {
      const filter = [{ function: 'regex', regex_pattern }, { function: 'take_first' }];
      const keys = {
        ...GENERATED,
        doc_to_target: 'answer',
        filter_list: [{ name: 'f', filter }],
        metric_list: [{ metric: 'exact_match', regexes_to_ignore: [ignored] }],
      };
      const task = await loaded(yaml(keys));
      const [item] = makeItems(task, [{ question: 'q', answer: gold }], undefined, {});
      await endsWell(() => scoreItem(task, item!, [answerOf(answer)]), outcome, InputError);
    });
});
