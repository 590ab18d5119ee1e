import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import { compareResults, type Comparison, type TaskComparison } from '../../../../src/evaluation/results/compare.ts';
import type { ImportedColumn } from '../../../../src/evaluation/results/readResults.ts';
import { compareColumns } from '../../../../src/evaluation/statistics/compare.ts';
import { recovery } from '../../../../src/evaluation/statistics/recovery.ts';
import { bits, column, task } from './columns.ts';

const FAST = { draws: 400, seed: 3 };
const N = 120;
const OLD = bits(N, (i) => i % 3 === 0);
const BASE = bits(N, (i) => i % 4 === 0);
const PORTED = bits(N, (i) => i % 4 !== 1);
const RETRAINED = bits(N, (i) => i % 4 !== 1 || i < 40);
const FIVE = [
  column('old base', 'old base', { kind: task({ values: OLD }) }),
  column('new base', 'new base', { kind: task({ values: BASE }) }),
  column('ported', 'ported', { kind: task({ values: PORTED }) }),
  column('retrained', 'retrained', { kind: task({ values: RETRAINED }) }),
];

async function compare(columns: readonly ImportedColumn[], more = {}): Promise<Comparison & { first: TaskComparison }> {
  const comparison = await compareResults(columns, { ...FAST, ...more });
  // What the page and the command line get has gone through JSON.
  assert.deepEqual(JSON.parse(JSON.stringify(comparison)), withoutUndefined(comparison));
  return { ...comparison, first: comparison.tables[0]! };
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutUndefined(inner)]));
}

/** [column, against] of all differences. */
function pairsOf({ differences }: TaskComparison): unknown {
  return differences.map(({ column: a, against }) => [a, against]);
}

describe('columns in pairs', () => {
  it('are each compared with the new base, and the ported with the retrained', async () => {
    const { reference, first } = await compare(FIVE);
    assert.equal(reference, 1);
    assert.deepEqual(pairsOf(first), [
      [0, 1],
      [2, 1],
      [3, 1],
      [2, 3],
    ]);
    const options = { ...FAST, aggregation: 'mean' } as const;
    for (const [i, [a, b]] of [
      [OLD, BASE],
      [PORTED, BASE],
      [RETRAINED, BASE],
      [PORTED, RETRAINED],
    ].entries()) {
      const { difference, interval, table, standardError } = await compareColumns(a!, b!, options);
      const found = first.differences[i]!;
      assert.deepEqual([found.difference, found.interval, found.standardError], [difference, interval, standardError]);
      assert.equal(found.test!.p, table!.pValue);
      assert.deepEqual(
        found.flips!.gained.map(({ docId }) => docId),
        table!.gained,
      );
      assert.deepEqual(
        found.flips!.lost.map(({ docId }) => docId),
        table!.lost,
      );
      assert.deepEqual(found.pairing, { n: N, by: 'document', leftOut: [0, 0] });
    }
    assert.deepEqual(first.differences[1]!.flips!.gained[0], { docId: 2, againstDocId: 2, excerpt: 'What is 2?' });
    assert.deepEqual(
      first.differences.map(({ verdict }) => verdict),
      ['no difference shown', 'better', 'better', 'worse'],
    );
  });

  it('have the recovery of the port where all three roles are there', async () => {
    const { first } = await compare(FIVE);
    const columns = { ported: PORTED, retrained: RETRAINED, newBase: BASE };
    const [found] = first.recoveries;
    assert.deepEqual([found!.ported, found!.retrained, found!.newBase], [2, 3, 1]);
    assert.deepEqual(found!.recovery, await recovery(columns, { ...FAST, aggregation: 'mean', higherIsBetter: true }));
    assert.deepEqual((await compare(FIVE.slice(0, 3))).first.recoveries, []);
    const twice = [...FIVE, { ...FIVE[3]!, label: 'again' }];
    assert.deepEqual((await compare(twice)).first.recoveries, [], 'which retrained?');
  });

  it('have the reference that is asked for, else the first column', async () => {
    const { first, reference } = await compare(FIVE, { reference: 'retrained' });
    assert.equal(reference, 3);
    assert.deepEqual(pairsOf(first), [
      [0, 3],
      [1, 3],
      [2, 3],
      // What a port is about.
      [2, 1],
    ]);
    const nobody = FIVE.map((each) => ({ ...each, role: undefined }));
    assert.deepEqual(pairsOf((await compare(nobody)).first), [
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    await assert.rejects(compareResults(FIVE, { reference: 'nobody' }), { hint: /"old base", "new base"/ });
    const { first: again } = await compare(FIVE, { reference: 'ported' });
    assert.deepEqual(pairsOf(again), [
      [0, 2],
      [1, 2],
      [3, 2],
    ]);
    assert.equal((await compare(FIVE.slice(0, 1))).reference, null);
    await assert.rejects(compareResults([]), { message: /no results/ });
  });

  it('tell columns of one label apart', async () => {
    const { columns } = await compare([FIVE[0]!, FIVE[0]!, FIVE[1]!, FIVE[0]!]);
    assert.deepEqual(
      columns.map(({ label }) => label),
      ['old base', 'old base (2)', 'new base', 'old base (3)'],
    );
  });

  it('are better when lower where the metric says so', async () => {
    const perplexity = (shift: number, step = 1): ImportedColumn =>
      column(`p${shift}`, undefined, {
        text: task({
          values: Array.from({ length: 40 }, (_, i) => -1 - shift - ((i * step) % 7) / 10),
          key: 'perplexity,none',
          aggregation: 'perplexity',
          higherIsBetter: false,
        }),
      });
    const { first } = await compare([perplexity(0), perplexity(0.5)]);
    const [difference] = first.differences;
    assert.ok(difference!.difference > 0);
    assert.deepEqual(
      [difference!.verdict, difference!.test, difference!.flips, first.unit],
      ['worse', null, null, 'plain'],
    );
    assert.equal((await compare([perplexity(0.5), perplexity(0)])).first.differences[0]!.verdict, 'better');
    const [close] = (await compare([perplexity(0), perplexity(0.001, 3)])).first.differences;
    assert.ok(close!.difference > 0);
    assert.equal(close!.verdict, 'no difference shown');
  });

  it('are corrected by Holm over the tasks of the same two columns, and judged by that', async () => {
    // 9 against 1 discordant: p = 0.021; three of them: 0.064.
    const a = bits(60, (i) => i < 9);
    const b = bits(60, (i) => i === 10);
    const tasks = (values: readonly number[], names: readonly string[]): ImportedColumn['tasks'] =>
      Object.fromEntries(names.map((name) => [name, task({ values })]));
    const one = await compare([column('b', undefined, tasks(b, ['x'])), column('a', undefined, tasks(a, ['x']))]);
    const p = one.first.differences[0]!.test!.p;
    assert.ok(Math.abs(p - 22 / 1024) < 1e-12);
    assert.deepEqual([one.first.differences[0]!.test!.tests, one.first.differences[0]!.verdict], [1, 'better']);
    // Other columns are other families.
    assert.ok((await compare(FIVE)).first.differences.every(({ test }) => test!.tests === 1));
    const names = ['x', 'y', 'z'];
    const third = column('c', undefined, tasks(b, names));
    const many = await compare([
      column('b', undefined, tasks(b, names)),
      column('a', undefined, tasks(a, names)),
      third,
    ]);
    for (const { differences } of many.tables) {
      const [difference, same] = differences;
      assert.deepEqual([difference!.test!.tests, difference!.verdict], [3, 'no difference shown']);
      assert.ok(Math.abs(difference!.test!.corrected - 3 * p) < 1e-12);
      assert.deepEqual([same!.test!.p, same!.test!.corrected], [1, 1]);
    }
  });
});

describe('items', () => {
  const [base, ported] = [task({ values: BASE }), task({ values: PORTED })];
  const pair = (a: typeof base, b: typeof base): ImportedColumn[] => [
    column('a', undefined, { kind: a }),
    column('b', undefined, { kind: b }),
  ];

  it('are matched by the hashes of their documents, whatever their order and number', async () => {
    const some = ported
      .items!.slice(20, 90)
      .toReversed()
      .map((item, docId) => ({ ...item, docId }));
    const { first } = await compare(pair(base, { ...ported, items: some, n: 70 }));
    const [found] = first.differences;
    assert.deepEqual(found!.pairing, { n: 70, by: 'document', leftOut: [0, 50] });
    const expected = await compareColumns(PORTED.slice(20, 90).toReversed(), BASE.slice(20, 90).toReversed(), FAST);
    assert.deepEqual([found!.difference, found!.interval], [expected.difference, expected.interval]);
    // Flips are named by the numbers of the column itself.
    assert.deepEqual(
      found!.flips!.gained.map(({ docId }) => docId),
      expected.table!.gained,
    );
  });

  it('that stand twice in a split are matched one by one', async () => {
    const same = (each: typeof base): typeof base => ({
      ...each,
      items: each.items!.map((item) => ({ ...item, docHash: `h${item.docId % 10}`, promptHash: 'same' })),
    });
    const { first } = await compare(pair(same(base), same(ported)));
    const expected = await compareColumns(PORTED, BASE, FAST);
    assert.deepEqual([first.differences[0]!.pairing.n, first.differences[0]!.difference], [N, expected.difference]);
  });

  it('are matched by prompt and target where documents have other columns', async () => {
    const renamed = { ...ported, items: ported.items!.map((item) => ({ ...item, docHash: `other ${item.docId}` })) };
    const { first } = await compare(pair(base, renamed));
    assert.deepEqual(first.differences[0]!.pairing, { n: N, by: 'prompt and target', leftOut: [0, 0] });
    const targets = { ...renamed, items: renamed.items.map((item) => ({ ...item, targetHash: 'other' })) };
    const apart = await compare(pair(base, targets));
    assert.deepEqual(apart.first.differences, []);
    assert.deepEqual(apart.first.notes, ['b, a share no items: nothing can be compared in pairs.']);
  });

  it('are matched by document where that finds as many', async () => {
    const items = ported.items!.map((item) => ({ ...item, [item.docId < N / 2 ? 'docHash' : 'promptHash']: 'other' }));
    const { first } = await compare(pair(base, { ...ported, items }));
    assert.deepEqual(first.differences[0]!.pairing, { n: N / 2, by: 'document', leftOut: [N / 2, N / 2] });
  });

  it('without a value are left out', async () => {
    const lacking = {
      ...ported,
      items: ported.items!.map((item) => (item.docId < 5 ? { ...item, values: {} } : item)),
    };
    const { first } = await compare(pair(base, lacking));
    assert.deepEqual(first.differences[0]!.pairing, { n: N - 5, by: 'document', leftOut: [5, 5] });
  });

  it('that are missing or not finite are said to be, and the rest is compared', async () => {
    const infinite = {
      ...ported,
      items: ported.items!.map((item) => ({ ...item, values: { 'acc,none': -Infinity } })),
    };
    const columns = [
      ...pair(base, { ...ported, items: undefined }),
      column('c', undefined, { kind: infinite }),
      column('d', undefined, { kind: ported }),
    ];
    const { first } = await compare(columns);
    assert.deepEqual(pairsOf(first), [[3, 0]]);
    assert.equal(first.notes.length, 2);
    assert.match(first.notes[0]!, /^b: without a samples file/);
    assert.match(first.notes[1]!, /^c, a: Item 0 of the first column is -Infinity: only finite/);
  });

  it('that are missing are told once', async () => {
    const columns = FIVE.map((each, i) =>
      i === 2 ? { ...each, tasks: { kind: { ...ported, items: undefined } } } : each,
    );
    const { first } = await compare(columns);
    assert.deepEqual(first.notes, ['ported: without a samples file nothing can be compared in pairs.']);
    assert.deepEqual(
      [pairsOf(first), first.recoveries],
      [
        [
          [0, 1],
          [3, 1],
        ],
        [],
      ],
    );
  });
});

describe('cells', () => {
  it('have the numbers of the files, null where there are none', async () => {
    const made = task({ values: PORTED, more: { documents: 500, truncated: 2, complete: false } });
    const columns = [column('a', undefined, { kind: made }), column('b', undefined, { other: task({ values: OLD }) })];
    const { tables } = await compare(columns);
    assert.deepEqual(
      tables.map(({ task: name, key }) => [name, key]),
      [
        ['kind', 'acc,none'],
        ['other', 'acc,none'],
      ],
    );
    const cell = { value: 0.75, stderr: 0.015, n: N, documents: 500, complete: false, truncated: 2, ties: null };
    assert.deepEqual(tables[0]!.cells, [cell, null]);
    assert.deepEqual([tables[0]!.unit, tables[0]!.differences, tables[0]!.notes], ['percent', [], []]);
  });

  it('count ties of the metrics that they decide', async () => {
    const made = task({ values: [1, 0, 1], items: { choiceLogProbabilities: [-2, -2, -5] } });
    const metrics = { ...made.metrics, 'acc_norm,none': made.metrics['acc,none']! };
    const { tables } = await compare([column('a', undefined, { kind: { ...made, metrics } })]);
    assert.deepEqual(tables[0]!.cells[0]!.ties!.exact, [0, 1, 2]);
    assert.equal(tables[1]!.cells[0]!.ties, null);
  });

  it('of numbers that grow beyond all bounds are null', async () => {
    const made = task({
      values: [-800, -900],
      key: 'perplexity,none',
      aggregation: 'perplexity',
      higherIsBetter: false,
    });
    const { first } = await compare([column('a', undefined, { t: made }), column('b', undefined, { t: made })]);
    assert.equal(first.cells[0]!.value, null);
    assert.match(first.notes[0]!, /grow beyond all bounds/);
  });

  it('are percentages where they are shares that are better when higher', async () => {
    const unitOf = async (values: readonly number[], higherIsBetter: boolean): Promise<string> =>
      (await compare([column('a', undefined, { t: task({ values, higherIsBetter }) })])).first.unit;
    assert.deepEqual([await unitOf([1, 0], true), await unitOf([3, 0], true)], ['percent', 'plain']);
    assert.deepEqual([await unitOf([0.5, 0], false), await unitOf([-1, 0], true)], ['plain', 'plain']);
  });

  it('of a metric that nobody knows are shown and not compared', async () => {
    const made = task({ values: [1, 0] });
    const metrics = { 'bleu,none': { value: 31.5, stderr: null } };
    const columns = ['a', 'b'].map((label) => column(label, undefined, { t: { ...made, metrics } }));
    const { first } = await compare(columns);
    assert.deepEqual(
      [first.aggregation, first.unit, first.cells[1]!.value, first.differences],
      [null, 'plain', 31.5, []],
    );
    assert.match(first.notes[0]!, /Nobody says how bleu is averaged/);
  });
});

describe('a sweep over scales', () => {
  const patch = { path: '/k', name: 'kind', sha256: 'b', settingsSha256: 'c', scale: 1 };
  const at = (scale: number, values: readonly number[], more = {}): ImportedColumn =>
    column(`kind @${scale}`, 'ported', { kind: task({ values }) }, { patches: [{ ...patch, scale }], ...more });
  const right = (share: number): number[] => bits(N, (i) => (i * 37) % N < share * N);
  const SWEEP = [at(1, right(0.6)), at(0, right(0.3)), at(0.5, right(0.8))];

  it('gathers columns that differ only in scale', async () => {
    const base = column('new base', 'new base', { kind: task({ values: BASE }) }, { patches: [] });
    const exported = at(2, right(0.9), { exported: true });
    const { sweeps, first } = await compare([base, ...SWEEP, exported]);
    assert.deepEqual(sweeps, [
      {
        label: 'kind',
        points: [
          { scale: 0, column: 2 },
          { scale: 0.5, column: 3 },
          { scale: 1, column: 1 },
        ],
      },
    ]);
    const [sweep] = first.sweeps;
    assert.deepEqual(
      sweep!.points,
      [0.3, 0.8, 0.6].map((value, i) => ({ scale: i / 2, value, stderr: 0.015 })),
    );
    assert.deepEqual(sweep!.best, { scale: 0.5, value: 0.8 });
    assert.deepEqual(
      sweep!.honest.halves.map(({ scale }) => scale),
      [0.5, 0.5],
    );
    assert.ok(Math.abs(sweep!.honest.value - 0.8) < 1e-12);
    const { difference, interval } = await compareColumns(right(0.8), BASE, FAST);
    assert.deepEqual(sweep!.honestDifference, { difference, interval, verdict: 'better' });
    // Of the sweep only the patch as it was trained is compared, and what is no part of it.
    assert.deepEqual(pairsOf(first), [
      [1, 0],
      [4, 0],
    ]);
  });

  it('looks for the lowest where lower is better', async () => {
    const of = (scale: number, loss: number): ImportedColumn => {
      const made = task({ values: right(0.5).map((value) => loss + value), key: 'loss,none', higherIsBetter: false });
      return { ...at(scale, OLD), tasks: { t: made } };
    };
    const { first } = await compare([of(0, 3), of(0.5, 1), of(1, 2)]);
    assert.equal(first.sweeps[0]!.best.scale, 0.5);
    assert.deepEqual(
      first.sweeps[0]!.honest.halves.map(({ scale }) => scale),
      [0.5, 0.5],
    );
  });

  it('compares all of them where none is at scale 1', async () => {
    const { first, sweeps } = await compare(SWEEP.slice(1));
    assert.equal(sweeps.length, 1);
    assert.deepEqual(pairsOf(first), [[1, 0]]);
    assert.equal(first.sweeps[0]!.honestDifference, null);
  });

  it('needs several scales of one patch, which grow together', async () => {
    const two = (first: number, second: number): ImportedColumn =>
      at(first, OLD, {
        patches: [
          { ...patch, scale: first },
          { ...patch, name: 'mood', scale: second },
        ],
      });
    const count = async (columns: ImportedColumn[]): Promise<number> => (await compare(columns)).sweeps.length;
    assert.equal(await count([at(1, OLD), at(1, OLD)]), 0, 'the same scale twice');
    assert.equal(await count([at(1, OLD), at(2, OLD, { bos: 'force' })]), 0, 'another BOS mode');
    assert.equal(await count([at(1, OLD), column('x', undefined, { kind: task({ values: OLD }) })]), 0, 'no facts');
    assert.equal(await count([two(1, 0.5), two(2, 1), two(0, 0)]), 1, 'in proportion');
    assert.equal(await count([two(1, 0.5), two(2, 0.5)]), 0, 'out of proportion');
  });
});

describe('warnings', () => {
  const base = task({ values: BASE });
  const warningsOf = async (columns: ImportedColumn[]): Promise<readonly string[]> => (await compare(columns)).warnings;

  it('are not given without reason', async () => {
    const columns = ['a', 'b'].map((label) => column(label, undefined, { kind: base }, { patches: [] }));
    assert.deepEqual(await warningsOf(columns), []);
  });

  it('name what differs between columns', async () => {
    const a = column('a', undefined, { kind: base }, { bos: 'auto' });
    const b = column('b', undefined, { kind: base }, { bos: 'force', maxLength: 512, tokenizerSha256: 'dd' });
    const c = { ...column('c', undefined, { kind: base }), tool: 'lm-eval 0.4.9' };
    assert.deepEqual(await warningsOf([a, b, c]), [
      'BOS modes differ: auto (a), force (b).',
      'Maximum lengths differ: 256 (a), 512 (b).',
      'Tools differ: PortLLM (a, b), lm-eval 0.4.9 (c).',
      'Tokenizers differ: a | b. Perplexity by token is not comparable between them; by word or byte it is.',
    ]);
  });

  it('name what differs in a task', async () => {
    const other = task({
      values: BASE.slice(0, 100),
      more: { fewShot: 5, version: '2', complete: false, truncated: 1, documents: 200, limit: 150 },
    });
    const items = other.items!.map((item) => (item.docId < 7 ? { ...item, promptHash: 'x' } : item));
    const columns = [column('a', undefined, { kind: base }), column('b', undefined, { kind: { ...other, items } })];
    assert.deepEqual(await warningsOf(columns), [
      'kind: numbers of items differ: 120 (a), 100 (b).',
      'kind: numbers of examples before the question differ: 0 (a), 5 (b).',
      'kind: versions of the task differ: 1 (a), 2 (b).',
      'kind: b was stopped after 100 of 150 items.',
      'kind: b lost the beginning of 1 prompt.',
      'kind: 7 of 100 prompts differ between a and b.',
    ]);
  });

  it('say where results and samples contradict each other', async () => {
    const metrics = { 'acc,none': { ...base.metrics['acc,none']!, value: 0.5 } };
    const warnings = await warningsOf([column('a', undefined, { kind: { ...base, metrics } })]);
    assert.deepEqual(warnings, ['kind: of a, the results say acc,none 0.5, but its samples give 0.25.']);
  });
});

it('a comparison is cancelled', async () => {
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(compareResults(FIVE, { signal: controller.signal }), { name: 'CancelledError' });
});
