import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { InputError } from '../../../../src/base/errors.ts';
import { listBuiltIn, loadTask } from '../../../../src/evaluation/tasks/loadTask.ts';
import { evaluationSplit, fewShotSplit } from '../../../../src/evaluation/tasks/task.ts';
import { CHOICES, GENERATED, loaded, refusal, withFiles, yaml } from './definitions.ts';

/** Without the keys that JSON leaves out. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutUndefined(inner)]));
}

describe('a built-in task', () => {
  it('is found by its name, and listed', async () => {
    const names = ['boolq', 'sst2', 'mrpc', 'rte', 'winogrande', 'wnli', 'gsm8k'];
    assert.deepEqual(
      listBuiltIn().map(({ name }) => name),
      names,
    );
    for (const task of listBuiltIn()) {
      assert.equal(await loadTask(task.name), task);
      assert.equal(task.source, 'built in');
      assert.match(task.hash, /^[0-9a-f]{64}$/);
      assert.deepEqual(JSON.parse(JSON.stringify(task)), withoutUndefined(task));
    }
    assert.equal(new Set(listBuiltIn().map(({ hash }) => hash)).size, names.length);
  });

  it('says which splits it needs', async () => {
    const gsm8k = await loadTask('gsm8k');
    assert.deepEqual([evaluationSplit(gsm8k), fewShotSplit(gsm8k)], ['test', 'train']);
    const sst2 = await loadTask('sst2');
    assert.deepEqual([evaluationSplit(sst2), fewShotSplit(sst2)], ['validation', 'train']);
  });

  it('is named where a name is not known', async () => {
    await assert.rejects(loadTask('hellaswag'), (error: InputError) => error.hint?.includes('winogrande') === true);
  });
});

describe('the hash of a task', () => {
  it('is that of its content, wherever the file lies and however it is written', async () => {
    const first = await loaded(yaml(CHOICES));
    const { task, ...others } = CHOICES;
    const second = await loaded(`# the same\n${yaml({ ...others, task })}tag: [x]\n`);
    assert.notEqual(first.source, second.source);
    assert.equal(first.hash, second.hash);
    const other = await loaded(yaml({ ...CHOICES, doc_to_text: '{{question}}?' }));
    assert.notEqual(first.hash, other.hash);
  });
});

describe('the definition of a task', () => {
  it("has lm-eval's defaults", async () => {
    const task = await loaded(yaml(GENERATED));
    assert.deepEqual(task.generation, { until: ['\n\n'], maxTokens: 256 });
    assert.deepEqual(task.filters, [{ name: 'none', steps: [] }]);
    assert.deepEqual(
      task.metrics.map(({ metric, aggregation }) => [metric, aggregation]),
      [['exact_match', 'mean']],
    );
    assert.deepEqual([task.targetDelimiter, task.fewShot.fewShotDelimiter, task.version], [' ', '\n\n', null]);
    assert.deepEqual((await loaded(yaml(CHOICES))).metrics.map(({ metric }) => metric), ['acc', 'acc_norm']); // prettier-ignore
  });

  it('takes the first of the names that a length can have', async () => {
    const generation = { max_tokens: 5, max_new_tokens: '7', until: ['a', 'b'], temperature: 0, top_p: 0.9 };
    const task = await loaded(yaml({ ...GENERATED, generation_kwargs: generation }));
    assert.deepEqual(task.generation, { until: ['a', 'b'], maxTokens: 7 });
  });

  it('may leave keys empty', async () => {
    const keys = { process_docs: null, doc_to_image: null, unsafe_code: false, fewshot_split: null, metric_list: null };
    assert.equal((await loaded(yaml({ ...CHOICES, ...keys }))).name, 'colours');
  });
});

/** Keys on top of CHOICES or GENERATED, and what is said of them. */
const REFUSED: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
  [{ process_docs: 'x' }, /^task\.yaml, line 7, column 1\d: process_docs needs Python, which is not run here/],
  [{ process_results: 'x' }, /process_results needs Python/],
  [{ class: 'x' }, /class needs Python/],
  [{ group: 'x' }, /group belongs to a group of tasks/],
  [{ task: ['a', 'b'] }, /task is a list: it belongs to a group/],
  [{ unsafe_code: true }, /unsafe_code says that the task runs code/],
  [{ doc_to_image: 'image' }, /doc_to_image asks about pictures/],
  [{ use_prompt: 'promptsource:x' }, /use_prompt takes its prompt from a library/],
  [{ nonsense: 1 }, /nonsense is no key of a task/],
  [{ repeats: 3 }, /repeats cannot be used: only one answer/],
  [{ output_type: 'essay' }, /output_type cannot be used/],
  [{ test_split: undefined }, /test_split is missing, and so is validation_split/],
  [{ doc_to_target: undefined }, /doc_to_target is missing: multiple_choice needs it/],
  [{ doc_to_choice: undefined }, /doc_to_choice is missing: multiple_choice needs it/],
  [{ doc_to_choice: [false, true] }, /doc_to_choice cannot be used/],
  [{ fewshot_config: { fewshot_indices: [1] } }, /fewshot_config\.fewshot_indices has no effect/],
  [{ fewshot_config: { sampler: 'balanced' } }, /fewshot_config\.sampler cannot be used/],
  [{ fewshot_config: { oops: 1 } }, /fewshot_config cannot be used: Unrecognized key: "oops"/],
  [{ metric_list: [{ metric: 'brier_score' }] }, /metric_list\.0\.metric "brier_score" is not supported/],
  [{ metric_list: [{ metric: 'acc_mutual_info' }] }, /"acc_mutual_info" is not supported/],
  [{ metric_list: [{ metric: 'perplexity' }] }, /"perplexity" is not for multiple_choice/],
  [{ metric_list: [{ metric: 'acc', aggregation: 'nanmean' }] }, /aggregation "nanmean" is not supported/],
  [{ metric_list: [{ metric: 'acc', aggregation: 'f1' }] }, /"f1" cannot take the values of this metric/],
  [{ metric_list: [{ metric: 'acc' }, { metric: 'acc' }] }, /metric_list\.1\.metric "acc" is given twice/],
  [{ metric_list: [] }, /metric_list names no metric/],
  [{ metric_list: [{ metric: 'acc', hf_evaluate: true }] }, /hf_evaluate cannot be used/],
  [{ filter_list: [{ name: 'a', filter: [{ function: 'lowercase' }, { function: 'take_first' }] }] }, /changes texts/],
  [{ doc_to_text: '{{ question' }, /doc_to_text is a template that cannot be read, at its line 1: a tag is not closed/],
  [{ description: 'one\n{% endif %}' }, /description is a template that cannot be read, at its line 2/],
];
const REFUSED_GENERATION: typeof REFUSED = [
  [{ generation_kwargs: { do_sample: true } }, /generation_kwargs\.do_sample asks for sampling/],
  [{ generation_kwargs: { temperature: 0.7 } }, /generation_kwargs\.temperature asks for sampling/],
  [{ generation_kwargs: { num_beams: 4 } }, /num_beams cannot be used: only greedy/],
  [{ generation_kwargs: { repetition_penalty: 2 } }, /generation_kwargs\.repetition_penalty is not supported/],
  [{ generation_kwargs: { until: [''] } }, /an empty text would stop at once/],
  [{ filter_list: [{ name: 'a', filter: [{ function: 'lowercase' }] }] }, /filter_list\.0\.filter must end with take_first/],
  [{ filter_list: [{ name: 'a', filter: [{ function: 'take_first' }, { function: 'take_first' }] }] }, /take_first must be the last/],
  [{ filter_list: [{ name: 'a', filter: [{ function: 'custom' }, { function: 'take_first' }] }] }, /is the filter "custom"/],
  [{ filter_list: [{ name: 'a', filter: [{ function: 'take_first_k', k: 8 }, { function: 'take_first' }] }] }, /only one answer is asked for/],
  [{ filter_list: [{ name: 'a', filter: [{ function: 'regex', regex_pattern: '(?=a)' }, { function: 'take_first' }] }] }, /filter_list\.0\.filter\.0\.regex_pattern cannot be used: RE2 has no lookahead/],
  [{ metric_list: [{ metric: 'exact_match', regexes_to_ignore: ['(a)\\1'] }] }, /regexes_to_ignore\.0 cannot be used: RE2 has no back-reference/],
  [{ metric_list: [{ metric: 'f1' }] }, /"f1" is not for generate_until/],
]; // prettier-ignore

describe('what is not supported', () => {
  for (const [base, cases] of [
    [CHOICES, REFUSED],
    [GENERATED, REFUSED_GENERATION],
  ] as const)
    for (const [keys, reason] of cases)
      it(`is refused by its name and place: ${JSON.stringify(keys)}`, async () => {
        const message = await refusal(yaml({ ...base, ...keys }));
        assert.match(message, reason);
        assert.match(message, /^task\.yaml/);
      });

  it('is a Python function, by its key, its name and its place', async () => {
    const text = `${yaml({ ...CHOICES, doc_to_text: undefined })}doc_to_text: !function utils.f\n`;
    assert.equal(
      await refusal(text),
      'task.yaml, line 6, column 24: doc_to_text is the Python function utils.f, and Python functions are not run here.',
    );
    const nested = `${yaml(CHOICES)}metric_list:\n  - metric: acc\n    aggregation: !function utils.mean\n`;
    assert.match(await refusal(nested), /^task\.yaml, line 9, column \d+: metric_list\.0\.aggregation is the Python/);
  });

  it('is a Python object, or anything else with a tag', async () => {
    assert.match(await refusal(`${yaml(CHOICES)}description: !!python/object:os.system x\n`), /^task\.yaml, line 7, /);
  });
});

describe('a file that is no YAML', () => {
  for (const [text, reason] of [
    ['task: [a\nx: 1', /^task\.yaml, line \d, column \d+: /],
    ['a: 1\na: 2', /^task\.yaml, line 2, column 1: Map keys must be unique/],
    ['- a\n- b', /must be a YAML mapping/],
    ['', /must be a YAML mapping/],
    ['a: *y', /^task\.yaml: Unresolved alias/],
  ] as const)
    it(`is refused with line and column: ${JSON.stringify(text)}`, async () => {
      assert.match(await refusal(text), reason);
    });

  it('is refused where it is not text, or a folder, or not there', async () => {
    await withFiles({ 'x/y': '' }, async (folder) => {
      await assert.rejects(loadTask(join(folder, 'none.yaml')), /it does not exist/);
    });
    await withFiles({ 'x.yaml/y': '' }, async (folder) => {
      await assert.rejects(loadTask(join(folder, 'x.yaml')), /it is a folder/);
    });
  });
});

describe('what a file includes', () => {
  it('is overridden by its own keys, and needs no functions that it overrides', async () => {
    const base = `${yaml({ ...CHOICES, task: 'base' })}process_docs: !function utils.f\n`;
    const text = 'include: parts/base\ntask: mine\nprocess_docs: null\n';
    const task = await loaded(text, { 'parts/base': base });
    assert.equal(task.name, 'mine');
    assert.match(await refusal('include: parts/base\ntask: mine\n', { 'parts/base': base }), /^parts\/base, line 7, column 25: process_docs is the Python/); // prettier-ignore
  });

  it('is found from the file that includes it', async () => {
    const files = { 'a/b.yaml': 'include: c.yaml\n', 'a/c.yaml': yaml(CHOICES) };
    assert.equal((await loaded('include: a/b.yaml\ntask: deep\n', files)).name, 'deep');
  });

  it('may not be itself', async () => {
    assert.match(await refusal('include: task.yaml\ntask: x\n'), /task\.yaml includes itself\.$/);
    assert.match(await refusal('include: b.yaml\n', { 'b.yaml': 'include: task.yaml\n' }), /includes itself, by way of another file/); // prettier-ignore
    const diamond = { 'a.yaml': 'include: base.yaml\n', 'b.yaml': 'include: base.yaml\n', 'base.yaml': yaml(CHOICES) };
    assert.equal((await loaded('include: [a.yaml, b.yaml]\n', diamond)).name, 'colours');
  });

  it('must lie in the folder of the task, links followed', async () => {
    for (const name of ['../other.yaml', 'parts/../../other.yaml', '/etc/passwd'])
      await withFiles({ 'tasks/task.yaml': `include: ${name}\n`, 'other.yaml': yaml(CHOICES), 'tasks/parts/x': '' }, async (folder) => {
        await assert.rejects(loadTask(join(folder, 'tasks/task.yaml')), /lies outside the folder of the task/);
      }); // prettier-ignore
    await withFiles({ 'tasks/task.yaml': 'include: link.yaml\n', 'other.yaml': yaml(CHOICES) }, async (folder) => {
      await symlink(join(folder, 'other.yaml'), join(folder, 'tasks/link.yaml'));
      await assert.rejects(loadTask(join(folder, 'tasks/task.yaml')), /lies outside the folder/);
    });
  });

  it('must be there', async () => {
    assert.match(await refusal('include: none.yaml\n'), /Cannot read what task\.yaml, line 1, column 10 includes, .*none\.yaml: it does not exist/); // prettier-ignore
  });
});
