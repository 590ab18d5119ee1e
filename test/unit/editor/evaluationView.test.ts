/** From compared results to what the page shows, in words. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readRunFacts } from '../../../src/editor/evaluation/runFacts.ts';
import { viewOf } from '../../../src/editor/evaluation/view.ts';
import type { ColumnRole } from '../../../src/evaluation/request.ts';
import { compareResults } from '../../../src/evaluation/results/compare.ts';
import type { ImportedColumn, ImportedItem } from '../../../src/evaluation/results/readResults.ts';
import type { ColumnFacts } from '../../../src/evaluation/results/types.ts';

const N = 40;

/** The first `right` items are right, but for those that are named. */
function column(
  label: string,
  role: ColumnRole | undefined,
  right: number,
  { scale, n = N, wrong = [] }: { scale?: number; n?: number; wrong?: readonly number[] } = {},
): ImportedColumn {
  const items = Array.from({ length: n }, (_, docId): ImportedItem => {
    const acc = docId < right && !wrong.includes(docId) ? 1 : 0;
    const hash = String(docId);
    const shared = { docId, docHash: hash, promptHash: hash, targetHash: hash, excerpt: `question ${docId}` };
    return { ...shared, values: { 'acc,none': acc }, choiceLogProbabilities: docId === 0 ? [-1, -1] : [-1, -9] };
  });
  const value = items.reduce((sum, { values }) => sum + Number(values['acc,none']), 0) / n;
  const metric = { value, stderr: 0.05, aggregation: 'mean', higherIsBetter: true } as const;
  const task = { n, documents: 500, limit: N, fewShot: 0, version: null, complete: n === N, truncated: 0 };
  return {
    label,
    role,
    source: `/results/${label}/results_1.json`,
    tool: 'PortLLM 0.1.0',
    facts: facts(label, role ?? null, scale),
    tasks: { kind: { ...task, metrics: { 'acc,none': metric }, items } },
  };
}

function facts(label: string, role: ColumnRole | null, scale: number | undefined): ColumnFacts {
  return {
    label,
    role,
    model: '/models/v2',
    modelName: 'v2',
    architecture: 'LlamaForCausalLM',
    parameters: 1_440_000,
    dtype: 'BF16',
    modelSha256: 'abc',
    patches:
      scale === undefined ? [] : [{ path: '/patches/kind', name: 'kind', sha256: 'def', settingsSha256: 'fed', scale }],
    exported: false,
    control: null,
    device: 'cpu',
    memory: 'resident',
    bos: 'auto',
    maxLength: 256,
    tokenizerSha256: '0',
    specialTokens: { bos: null, eos: null },
    endpoint: null,
    warnings: scale === 1 ? ['a warning of its own'] : [],
  };
}

const COLUMNS = [
  column('v2', 'new base', 12),
  column('v2 + kind', 'ported', 32, { scale: 1, wrong: [3] }),
  column('v2 + kind@0.5', 'ported', 24, { scale: 0.5 }),
  column('v2 + again', 'retrained', 38),
];
const RUNS = [{ fewShot: [['kind', 2]] as const, limit: N, bootstrap: 1000, lmEval: '0.4.13' }];
const comparison = await compareResults(COLUMNS, { draws: 400 });
const view = viewOf(comparison, { title: 'kind-on-v2', runs: RUNS });
const [row] = view.rows;
assert.ok(row);

describe('viewOf', () => {
  it('puts further scales aside, and compares the others with the new base and the port with retraining', () => {
    assert.deepEqual(
      view.columns.map(({ label, role, isSwept }) => [label, role, isSwept]),
      [
        ['v2', 'new base', false],
        ['v2 + kind', 'ported', false],
        ['v2 + kind@0.5', 'ported', true],
        ['v2 + again', 'retrained', false],
      ],
    );
    assert.equal(view.reference, 0);
    assert.deepEqual(
      row.differences.map(({ column: one, reference }) => [one, reference]),
      [
        [1, 0],
        [3, 0],
        [1, 3],
      ],
    );
    assert.equal(view.subtitle, '3 columns on 1 task: kind, 40 of 500 items');
  });

  it('says first what the port gains over the new base, and how much of what retraining gains', () => {
    assert.equal(view.headline.length, 1);
    assert.match(
      view.headline[0] ?? '',
      /^kind · acc: the port v2 \+ kind is \+47\.5 points \[[\d.]+, [\d.]+\] against the new base: better \(p < 0\.0001\)\. It has \d+ % of what retraining gains\.$/,
    );
  });

  it('has every number in words as well', () => {
    assert.equal(row.name, 'kind · acc');
    assert.equal(row.cells[1]?.text, '77.5 ± 5.0');
    const [ported] = row.differences;
    assert.equal(ported?.text, '+47.5');
    assert.match(ported.interval, /^\[\d+\.\d, \d+\.\d\]$/);
    assert.match(ported.verdict, /^better \(p < 0\.0001\)$/);
    assert.match(ported.test ?? '', /exact McNemar test, two-sided, 21 discordant of n = 40/);
    assert.match(ported.kind, /95 % paired bootstrap, n = 40, 400 draws, seed 0/);
  });

  it('names the items that flipped', () => {
    const flips = row.differences[0]?.flips;
    assert.deepEqual([flips?.gainedCount, flips?.lostCount], [20, 1]);
    assert.deepEqual(flips?.lost, [{ docId: 3, referenceDocId: 3, excerpt: 'question 3' }]);
    assert.equal(flips.gained[0]?.docId, 12);
  });

  it('cuts long lists of items and keeps their counts', async () => {
    const many = (right: number): ImportedColumn => {
      const one = column('x', undefined, right, { n: 300 });
      return { ...one, label: `x${right}` };
    };
    const flips = viewOf(await compareResults([many(0), many(300)], { draws: 400 }), { title: '', runs: [] }).rows[0]
      ?.differences[0]?.flips;
    assert.deepEqual([flips?.gained.length, flips?.gainedCount], [100, 300]);
  });

  it('says how much of what retraining gains the port gains too', () => {
    assert.equal(row.recoveries.length, 1);
    assert.match(
      row.recoveries[0] ?? '',
      /^Recovery of v2 \+ kind, .* = 73\.\d % \[\d+\.\d+, \d+\.\d+\] \(95 % paired bootstrap, n = 40/,
    );
  });

  it('shows the sweep with what its best is worth on other items', () => {
    const [sweep] = view.sweeps;
    assert.deepEqual(
      [sweep?.label, sweep?.name, sweep?.best, sweep?.points.map(({ scale, text }) => [scale, text])],
      [
        'v2 + kind',
        'kind · acc',
        1,
        [
          [0.5, '60.0 ± 5.0'],
          [1, '77.5 ± 5.0'],
        ],
      ],
    );
    assert.match(sweep?.caveats.join(' ') ?? '', /optimistic.*chosen on one half of the items.*Against v2: /);
  });

  it('says how it was computed, what is worth knowing, and that there are ties', () => {
    const how = new Map(view.how);
    assert.equal(how.get('Computed by'), 'PortLLM 0.1.0');
    assert.equal(how.get('As lm-evaluation-harness'), '0.4.13');
    assert.equal(how.get('Device'), 'cpu');
    assert.equal(how.get('Arithmetic'), 'float32, weights resident');
    assert.equal(how.get('BOS'), 'auto');
    assert.equal(how.get('Examples before the question'), 'kind: 2');
    assert.equal(how.get('Items'), 'the first 40 of each task');
    assert.equal(how.get('v2 + kind'), 'v2 (LlamaForCausalLM, 1.44M parameters, BF16 on disk) + kind');
    assert.equal(how.get('v2 + kind@0.5'), undefined, 'the sweep says it');
    assert.equal(how.get('Bootstrap'), '1,000 draws for the standard errors of F1, correlation and perplexity');
    assert.deepEqual(view.warnings, ['a warning of its own']);
    assert.ok(
      view.notes.some((note) => note.startsWith('Ties of v2 on kind: 1 exact tie, ')),
      view.notes.join(),
    );
    assert.equal(view.partial, null);
  });

  it('speaks of the correction where two columns have several tests', async () => {
    const two = COLUMNS.slice(0, 2).map((one) => ({ ...one, tasks: { ...one.tasks, other: one.tasks.kind! } }));
    const both = viewOf(await compareResults(two, { draws: 400 }), { title: '', runs: [] });
    assert.ok(both.notes.includes('The p-values of two columns are corrected for their 2 tests (Holm).'));
    assert.match(both.rows[0]?.differences[0]?.verdict ?? '', /corrected p/);
    assert.ok(!view.notes.some((note) => note.includes('Holm')));
  });

  it('says where an evaluation was stopped', async () => {
    const partly = [COLUMNS[0]!, column('v2 + kind', 'ported', 7, { scale: 1, n: 7 })];
    const stopped = await compareResults(partly, { draws: 400 });
    const read = viewOf(stopped, { title: '', runs: [] });
    assert.match(read.partial ?? '', /^Some numbers are of the items .* goes on\.$/);
    assert.match(viewOf(stopped, { title: '', runs: [], stopped: 'Seven.' }).partial ?? '', /^Seven\. .* goes on\.$/);
    assert.deepEqual(
      read.rows[0]?.differences[0]?.notes[0],
      'Items that only one of the two has were left out: 33 of v2.',
    );
  });
});

it('a results file of any make says what it can of its run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'portllm-facts-'));
  try {
    const files = ['ours.json', 'bare.json', 'samples.jsonl'].map((name) => join(folder, name));
    const run = { 'n-shot': { a: 5 }, config: { limit: null, bootstrap_iters: 100 }, lm_eval_version: '0.4.13' };
    await writeFile(files[0]!, JSON.stringify(run));
    await writeFile(files[1]!, '{"results": {"a": {"acc,none": NaN}}, "config": "odd"}');
    await writeFile(files[2]!, '{"doc_id": 0}\n{"doc_id": 1}\n');
    assert.deepEqual(await readRunFacts([...files, join(folder, 'gone.json')]), [
      { fewShot: [['a', 5]], limit: null, bootstrap: 100, lmEval: '0.4.13' },
      { fewShot: [], limit: null, bootstrap: null, lmEval: null },
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
