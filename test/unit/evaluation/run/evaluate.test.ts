/** Whole evaluations of the samples' models, small parts of them: what is asked again, and what is taken for what. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InputError, UserError } from '../../../../src/base/errors.ts';
import type { Progress } from '../../../../src/base/progress.ts';
import type { ColumnRequest, EvaluateRequest } from '../../../../src/evaluation/request.ts';
import { readResults } from '../../../../src/evaluation/results/readResults.ts';
import { evaluate } from '../../../../src/evaluation/run/evaluate.ts';
import type { LiveScores } from '../../../../src/evaluation/run/liveScores.ts';
import type { EvaluateResult } from '../../../../src/evaluation/run/result.ts';
import type { GraphRuntime } from '../../../../src/kernels/graphRuntime.ts';
import { ortGraphs } from '../../../../src/kernels/runtime/ortGraphs.ts';
import { OrtKernel } from '../../../../src/kernels/runtime/ortKernel.ts';
import { port } from '../../../../src/port/port.ts';
import { ROOT, temporaryFolder } from '../../../support/paths.ts';

const SAMPLES = join(ROOT, 'samples');
const V2 = join(SAMPLES, 'models/storyteller-v2');
const KIND = join(SAMPLES, 'patches/kind');
const TASK = join(SAMPLES, 'tasks/kind.test.jsonl');
const LIMIT = 12;
const { signal } = new AbortController();
const sink = (): void => undefined;

describe('evaluate', () => {
  let kernel: OrtKernel;
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>;
  let loads: number;
  const runtime: GraphRuntime = {
    device: 'cpu',
    load(...graph) {
      loads++;
      return ortGraphs('cpu').load(...graph);
    },
  };

  before(async () => {
    kernel = await OrtKernel.create('cpu');
    scratch = await temporaryFolder();
  });
  after(async () => {
    await kernel.release();
    await scratch[Symbol.asyncDispose]();
  });

  const at = (...parts: string[]): string => join(scratch.path, ...parts);
  const column = (other: Partial<ColumnRequest> = {}): ColumnRequest => ({
    label: 'x',
    model: V2,
    patches: [],
    ...other,
  });

  function run(
    out: string,
    other: Partial<EvaluateRequest> = {},
    tools: {
      onlyKnown?: boolean;
      sink?: typeof sink | ((progress: Progress) => void);
      onLive?: (scores: LiveScores) => void;
      signal?: AbortSignal;
    } = {},
  ): Promise<EvaluateResult> {
    loads = 0;
    const request = {
      columns: [column()],
      tasks: [TASK],
      limit: LIMIT,
      bos: 'auto',
      bootstrapIterations: 0,
      seed: 1234,
      ...other,
    };
    const all = { runtime, kernel, toolVersion: '0', onlyKnown: false, sink, signal, ...tools };
    return evaluate({ ...request, out: at(out) } as EvaluateRequest, all);
  }

  async function likelihoods(result: EvaluateResult): Promise<number[]> {
    const [read] = await readResults(result.files.at(-1) ?? '');
    return Object.values(read?.tasks ?? {}).flatMap(({ items = [] }) =>
      items.flatMap(({ choiceLogProbabilities = [] }) => choiceLogProbabilities),
    );
  }

  it('asks again for nothing that it knows, and for the rest where the limit grows', async () => {
    const first = await run('again');
    assert.deepEqual(first.items, { answered: LIMIT, asked: LIMIT });
    assert.ok(loads > 0);
    const again = await run('again');
    assert.equal(loads, 0, 'nothing was computed');
    assert.deepEqual(await likelihoods(again), await likelihoods(first));
    assert.match(again.notes.join(), /all answers known from before/);
    const seen: Progress[] = [];
    await run('again', { limit: LIMIT + 4 }, { sink: (progress) => seen.push(progress) });
    const items = seen.filter(({ unit }) => unit === 'items');
    assert.deepEqual([items[0]?.bytesDone, items.at(-1)?.bytesDone], [LIMIT, LIMIT + 4]);
  });

  it('tells what it has found while it runs, and at the end what the results say', async () => {
    const seen: LiveScores[] = [];
    const { comparison } = await run('live', { bootstrapIterations: 1 }, { onLive: (scores) => seen.push(scores) });
    const [first, last] = [seen[0]?.rows[0]?.cells[0], seen.at(-1)?.rows[0]?.cells[0]];
    assert.deepEqual(first, { done: 0, total: LIMIT, value: null, stderr: null });
    const cell = comparison.tables.find(({ metric }) => metric === 'acc')?.cells[0];
    assert.deepEqual([last?.done, last?.value], [LIMIT, cell?.value]);
    assert.ok(Math.abs((last?.stderr ?? NaN) - (cell?.stderr ?? NaN)) < 1e-12);
    const known: LiveScores[] = [];
    await run('live', {}, { onLive: (scores) => known.push(scores) });
    assert.equal(known.at(-1)?.rows[0]?.cells[0]?.done, LIMIT, 'what was known counts');
  });

  it('takes no answer of another model for its own, however much alike the files are', async () => {
    const ported = at('kind-on-v2');
    await port({ patch: KIND, onto: V2, out: ported, as: 'checkpoint', scale: 1 }, kernel, '0', sink, signal);
    const base = await likelihoods(await run('models'));
    const own = await likelihoods(await run('models', { columns: [column({ model: ported })] }));
    const fresh = await likelihoods(await run('models-fresh', { columns: [column({ model: ported })] }));
    assert.deepEqual(own, fresh);
    assert.notDeepEqual(own, base);
  });

  it('notices weights that were written again', async () => {
    const model = at('rewritten');
    await cp(V2, model, { recursive: true });
    await run('rewritten-out', { columns: [column({ model })] });
    await utimes(join(model, 'model-00002-of-00003.safetensors'), new Date(), new Date());
    await run('rewritten-out', { columns: [column({ model })] });
    assert.ok(loads > 0);
  });

  for (const [what, file, change] of [
    ['a patch', 'patch/adapter_config.json', (text: string) => text.replace(/"lora_alpha": \d+/, '"lora_alpha": 1')],
    ['a tokenizer', 'model/tokenizer_config.json', (text: string) => text.replace('{', '{"model_max_length": 77,')],
    ['generation', 'model/generation_config.json', (text: string) => text.replace('{', '{"repetition_penalty": 1.5,')],
  ] as const)
    it(`asks again where the configuration of ${what} has changed`, async () => {
      const folder = at(`changed ${what}`);
      await cp(V2, join(folder, 'model'), { recursive: true });
      await cp(KIND, join(folder, 'patch'), { recursive: true });
      const columns = [column({ model: join(folder, 'model'), patches: [{ patch: join(folder, 'patch'), scale: 1 }] })];
      const out = `changed ${what} out`;
      await run(out, { columns });
      const text = await readFile(join(folder, file), 'utf8');
      assert.notEqual(change(text), text);
      await writeFile(join(folder, file), change(text));
      await run(out, { columns });
      assert.ok(loads > 0, 'earlier answers were taken');
    });

  it('computes the scales of a sweep with one network, and as each of them alone', async () => {
    const columns = [column({ patches: [{ patch: KIND, scale: 1 }] })];
    const whole = await run('one-scale', { columns });
    const alone = loads;
    const swept = await run('sweep', { columns, scales: [0.5, 1] });
    assert.equal(loads, alone);
    const half = await run('half', { columns: [column({ patches: [{ patch: KIND, scale: 0.5 }] })] });
    const at = (file: number): Promise<number[]> => likelihoods({ ...swept, files: swept.files.slice(file, file + 1) });
    assert.deepEqual(await at(0), await likelihoods(half));
    assert.deepEqual(await at(1), await likelihoods(whole));
  });

  it('opens one network for all tasks of a column', async () => {
    await run('one-task');
    const one = loads;
    await cp(TASK, at('kind again.jsonl'));
    await run('two-tasks', { tasks: [TASK, at('kind again.jsonl')] });
    assert.equal(loads, one);
  });

  it('keeps what was answered when it is stopped between two tasks', async () => {
    const tasks = [TASK, join(SAMPLES, 'tasks/mood.test.jsonl')];
    const controller = new AbortController();
    const stopping = run(
      'stopped',
      { tasks },
      {
        signal: controller.signal,
        sink: ({ phase, bytesDone }) => {
          if (phase.endsWith('kind.test') && bytesDone === LIMIT) controller.abort();
        },
      },
    );
    await assert.rejects(stopping, /Cancelled/);
    const known = await run('stopped', { tasks }, { onlyKnown: true });
    assert.deepEqual(known.items, { answered: LIMIT, asked: 2 * LIMIT });
    assert.equal(known.complete, false);
    await run('stopped', { tasks });
    const [read] = await readResults(at('stopped'));
    assert.deepEqual(Object.keys(read?.tasks ?? {}).length, 2);
  });

  it('fails before the first answer where a later column cannot be computed, and counts without it', async () => {
    const columns = [column(), column({ label: 'broken', patches: [{ patch: at('nowhere'), scale: 1 }] })];
    await assert.rejects(run('early', { columns }), InputError);
    assert.equal(loads, 0);
    await run('early');
    const known = await run('early', { columns }, { onlyKnown: true });
    assert.equal(known.items.answered, LIMIT);
    assert.match(known.warnings.join(), /broken is left out: .*nowhere/);
  });

  it('counts all columns and tasks in its progress', async () => {
    const seen: Progress[] = [];
    const columns = [column(), column({ label: 'y', patches: [{ patch: KIND, scale: 1 }] })];
    await run('progress', { columns }, { sink: (progress) => seen.push(progress) });
    const jobs = seen.flatMap(({ job }) => job ?? []);
    assert.ok(jobs.every(({ total }) => total === 2 * LIMIT));
    assert.deepEqual(
      jobs.map(({ done }) => done),
      jobs.map(({ done }) => done).toSorted((a, b) => a - b),
    );
    assert.equal(jobs.at(-1)?.done, 2 * LIMIT);
    seen.length = 0;
    const third = column({ label: 'z', patches: [{ patch: KIND, scale: 0.5 }] });
    await run('progress', { columns: [...columns, third] }, { sink: (progress) => seen.push(progress) });
    assert.deepEqual(seen.at(-1)?.job, { done: 3 * LIMIT, total: 3 * LIMIT });
  });

  it('warns once of what the choices do, however many columns there are', async () => {
    const task = at('prefixes.jsonl');
    await writeFile(task, '{"prompt": "The cat", "choices": [" sat", " sat down"], "answer": 0}\n');
    const { warnings } = await run('prefixes', {
      tasks: [task],
      columns: [column(), column({ label: 'y', bos: undefined } as object)],
    });
    assert.deepEqual(warnings, [
      'prefixes: 1 document (0) has a choice that another one begins with: summed log-likelihood favours the shorter.',
    ]);
  });

  it('refuses an answer or a context without a token', async () => {
    const task = at('empty.jsonl');
    await writeFile(task, '{"prompt": "The cat", "choices": [" sat", ""], "answer": 0}\n');
    await assert.rejects(run('empty', { tasks: [task] }), /The answer "" after "The cat" has no tokens/);
    const blank = at('blank.jsonl');
    await writeFile(blank, '{"prompt": " ", "choices": ["a", "b"], "answer": 0}\n');
    await assert.rejects(run('blank', { tasks: [blank], bos: 'off' }), /The context " " has no tokens/);
  });

  it('computes a line of the journal again that lost an answer', async () => {
    const first = await run('journal');
    const [name = ''] = await readdir(at('journal/.portllm-journal'));
    const path = at('journal/.portllm-journal', name);
    const [line = '', ...others] = (await readFile(path, 'utf8')).split('\n');
    const record = JSON.parse(line) as { answers: unknown[] };
    record.answers.pop();
    await writeFile(path, [JSON.stringify(record), ...others].join('\n'));
    const [again, before] = [await likelihoods(await run('journal')), await likelihoods(first)];
    assert.equal(again.length, before.length);
    // In a batch of its own it is summed in another order.
    assert.ok(again.every((value, i) => Math.abs(value - (before[i] ?? NaN)) < 1e-5));
  });

  it('writes into no model and no patch, and not through a file', async () => {
    await cp(KIND, at('a patch'), { recursive: true });
    await assert.rejects(run('a patch'), /holds a model or a patch \(adapter_config\.json\)/);
    await writeFile(at('a file'), '');
    await assert.rejects(run('a file'), /is a file; results need a folder/);
  });

  it('refuses weights of layers that config.json does not count, and notices a foreign tokenizer', async () => {
    const model = at('fewer layers');
    await cp(V2, model, { recursive: true });
    const config = await readFile(join(model, 'config.json'), 'utf8');
    await writeFile(join(model, 'config.json'), config.replace(/"num_hidden_layers": 6/, '"num_hidden_layers": 4'));
    await assert.rejects(
      run('fewer', { columns: [column({ model })] }),
      /there are 4 layers, but the weights hold more/,
    );
    const foreign = at('foreign');
    await cp(V2, foreign, { recursive: true });
    const tokenizer = join(foreign, 'tokenizer.json');
    const json = JSON.parse(await readFile(tokenizer, 'utf8')) as { added_tokens: unknown[] };
    json.added_tokens.push({ ...(json.added_tokens[0] as object), id: 2048, content: '<new>' });
    await writeFile(tokenizer, JSON.stringify(json));
    const { warnings } = await run('foreign-out', { columns: [column({ model: foreign })] });
    assert.match(warnings.join(), /has 2049 tokens, the model rows for 2048/);
  });

  it('takes another length of generated texts than the task', async () => {
    const task = at('generate.yaml');
    await cp(TASK, at('generate.jsonl'));
    await writeFile(
      task,
      `task: generate\ndataset_path: json\ndataset_kwargs: {data_files: {test: generate.jsonl}}\ntest_split: test\noutput_type: generate_until\n` +
        'doc_to_text: "{{context}}"\ndoc_to_target: "x"\ngeneration_kwargs: {until: ["zzz"], max_gen_toks: 250}\n',
    );
    const { files } = await run('generate', { tasks: [task], limit: 2, maxNewTokens: 3 });
    const [folder = ''] = files.map((file) => dirname(file));
    const [samples = ''] = (await readdir(folder)).filter((name) => name.startsWith('samples_'));
    const [line = ''] = (await readFile(join(folder, samples), 'utf8')).split('\n');
    const { arguments: asked } = JSON.parse(line) as { arguments: { gen_args_0: { arg_1: { max_gen_toks: number } } } };
    assert.equal(asked.gen_args_0.arg_1.max_gen_toks, 3);
  });

  it('says so where nothing was asked', async () => {
    await assert.rejects(run('none', { tasks: [] }), /No task was named/);
    await assert.rejects(
      run('unknown', {}, { onlyKnown: true }),
      (error) => error instanceof UserError && error.message.includes('Nothing was answered'),
    );
  });
});
