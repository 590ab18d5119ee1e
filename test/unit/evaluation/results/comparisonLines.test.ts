import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import { compareResults } from '../../../../src/evaluation/results/compare.ts';
import { comparisonLines } from '../../../../src/evaluation/results/comparisonLines.ts';
import type { ImportedColumn, ImportedTask } from '../../../../src/evaluation/results/readResults.ts';
import { aligned, shortened, wrapped } from '../../../../src/evaluation/results/text/table.ts';
import { bits, column, task } from './columns.ts';

const N = 1200;

function tasks(share: number): Record<string, ImportedTask> {
  const right = bits(N, (i) => (i * 7) % 20 < share * 20);
  const words = Array.from({ length: N }, (_, i) => [-60 - ((i * 7) % 13) + 4 * share, 20 + (i % 5)] as const);
  const text = { key: 'word_perplexity,none', aggregation: 'weighted_perplexity', higherIsBetter: false } as const;
  return {
    winogrande: task({ values: right, items: { choiceLogProbabilities: [-1, -1.0005] } }),
    gsm8k: task({ values: right.map((value, i) => (i % 3 === 0 ? value : 0)), key: 'exact_match,flexible-extract' }),
    kind_text: task({ values: words, ...text, more: { metrics: { 'word_perplexity,none': perplexity(share) } } }),
  };
}

function perplexity(share: number): ImportedTask['metrics'][string] {
  return {
    value: 27385.87 * (1 - share / 10),
    stderr: null,
    aggregation: 'weighted_perplexity',
    higherIsBetter: false,
  };
}

async function lines(columns: readonly ImportedColumn[]): Promise<string[]> {
  const comparison = await compareResults(columns, { draws: 100 });
  return comparisonLines(JSON.parse(JSON.stringify(comparison)) as typeof comparison);
}

const FIVE = [
  column('old base', 'old base', tasks(0.3)),
  column('new base', 'new base', tasks(0.35)),
  column('ported', 'ported', tasks(0.8)),
  column('retrained', 'retrained', tasks(0.85)),
  column('random control', 'control', tasks(0.35)),
];

describe('a comparison in the terminal', () => {
  it('has five columns beside one another in 119 characters', async () => {
    const text = await lines(FIVE);
    assert.ok(
      text.every((line) => line.length < 120),
      text.find((line) => line.length >= 120),
    );
    assert.deepEqual(text.slice(0, 7), [
      '                                   n    old base    new base      ported   retrained  random control',
      '  winogrande acc ↑             1,200  30.0 ± 1.5  35.0 ± 1.5  80.0 ± 1.5  85.0 ± 1.5      35.0 ± 1.5',
      '  gsm8k exact_match ↑          1,200  10.0 ± 1.5  11.7 ± 1.5  26.7 ± 1.5  28.3 ± 1.5      11.7 ± 1.5',
      '    flexible-extract',
      '  kind_text word_perplexity ↓  1,200       26560       26430       25200       25060           26430',
      '',
      '  Shares in percent; ± one standard error, as lm-eval computes it.',
    ]);
  });

  it('says of each task what is known in pairs', async () => {
    const text = await lines(FIVE);
    const start = text.findIndex((line) =>
      line.startsWith('winogrande acc ↑, in pairs: 95 % paired bootstrap, n = 1,200, '),
    );
    const block = text.slice(start, text.indexOf('', start));
    assert.match(
      block[1]!,
      /^ {2}old base vs new base +-5\.0 \[-6\.\d, -\d\.\d\] +worse \(p < 0\.0001, corrected p < 0\.0001\); 0 gained, 60 lost$/,
    );
    assert.match(
      block[2]!,
      /^ {2}ported vs new base +\+45\.0 \[4\d\.\d, 4\d\.\d\] +better \(.*\); 540 gained, 0 lost$/,
    );
    assert.match(
      block[4]!,
      /^ {2}random control vs new base +0\.0 \[0\.0, 0\.0\] +no difference shown \(p = 1, corrected p = 1\); 0 gained, 0 lost$/,
    );
    assert.match(block[5]!, /^ {2}ported vs retrained +-5\.0 \[/);
    assert.match(block.join('\n'), /The interval has no width because/);
    assert.match(
      block.join(' '),
      / ported recovers 90\.0 % \[8\d\.\d, 9\d\.\d\] of what retrained gains over the new base\./,
    );
    assert.match(block.join(' '), /items whose two best choices are equal [^]*rounds: old base 0 \/ 1200 \/ 1200,/);
    assert.ok(text.some((line) => line.startsWith('  p by the exact McNemar test')));
    const perplexity = text.slice(text.findIndex((line) => line.startsWith('kind_text word_perplexity ↓, in pairs')));
    assert.match(perplexity[2]!, /^ {2}ported vs new base +-\d+\.\d+ \[.*\] +better \(the interval does not hold 0\)$/);
  });

  it('explains letters where names are long, and goes on below where there are many columns', async () => {
    const many = Array.from({ length: 9 }, (_, i) =>
      column(`storyteller-v2 + kind number ${i}`, undefined, tasks(i / 10)),
    );
    const text = await lines(many);
    assert.ok(text.every((line) => line.length < 120));
    assert.equal(text[0], '  A  storyteller-v2 + kind number 0');
    assert.deepEqual(
      text.filter((line) => /^ +n +[A-I]/.test(line)).map((line) => line.trim().split(/ +/).join('')),
      ['nABCDEFG', 'nHI'],
    );
    assert.ok(text.some((line) => line.startsWith('  B vs A ')));
    const roles = await lines([column('a long name that stands for it', 'ported', tasks(0.1))]);
    assert.equal(roles[0], '  A  a long name that stands for it (ported)');
  });

  it('has the curve of a sweep, its honest value and warnings', async () => {
    const patch = { path: '/k', name: 'kind', sha256: 'b', settingsSha256: 'c', scale: 1 };
    const swept = [0, 0.5, 1].map((scale, i) =>
      column(
        `kind @${scale}`,
        undefined,
        { t: tasks([0.3, 0.8, 0.6][i]!).winogrande! },
        { patches: [{ ...patch, scale }] },
      ),
    );
    const base = { ...tasks(0.35).winogrande!, fewShot: 3 };
    const text = (await lines([column('base', 'new base', { t: base }), ...swept])).join('\n');
    assert.match(text, /kind by scale: 0: 30\.0 ± 1\.5 · 0\.5: 80\.0 ± 1\.5 · 1: 60\.0 ± 1\.5\n/);
    assert.match(text, /best at scale 0\.5 \(80\.0, optimistic: chosen on the items that it is reported on\)/);
    assert.match(
      text,
      /without that optimism 80\.0: scales 0\.5 and 0\.5, chosen on one half [^]*; vs the reference \+45\.0 \[.*\],\s+better/,
    );
    assert.match(
      text,
      /\n {2}warning {2}t: numbers of examples before the question differ: 3 \(base\), 0 \(kind @0, kind @0\.5, kind @1\)\./,
    );
  });

  it('says how items were matched where that is not obvious', async () => {
    const [a, b] = [tasks(0.3).winogrande!, tasks(0.5).winogrande!];
    const some = { ...b, items: b.items!.slice(0, 500).map((item) => ({ ...item, docHash: 'x' })) };
    const text = (await lines([column('a', undefined, { t: a }), column('b', undefined, { t: some })])).join('\n');
    assert.match(text, /\n {2}b vs a: 500 items matched by prompt and target; left out 700 of a\.\n/);
    const cut = { ...b, items: b.items!.slice(0, 500) };
    const less = (await lines([column('a', undefined, { t: a }), column('b', undefined, { t: cut })])).join('\n');
    assert.match(less, /\n {2}b vs a: 500 items matched by document; left out 700 of a\.\n/);
  });

  it('shows results alone', async () => {
    const alone = await lines([column('a', undefined, { t: { ...tasks(0.3).gsm8k!, items: undefined, n: null } })]);
    assert.deepEqual(alone, [
      '                      n           a',
      '  t exact_match ↑     ?  10.0 ± 1.5',
      '    flexible-extract',
      '',
      '  Shares in percent; ± one standard error, as lm-eval computes it.',
    ]);
  });
});

it('texts are aligned, shortened and wrapped by characters', () => {
  assert.deepEqual(
    aligned(
      [
        ['a', '1', '𝒳'],
        ['bcd', '10', '2.0'],
      ],
      1,
    ),
    ['a     1    𝒳', 'bcd  10  2.0'],
  );
  assert.deepEqual([shortened('abcdefgh', 8), shortened('abcdefghi', 8)], ['abcdefgh', 'abcd…ghi']);
  assert.deepEqual(wrapped('one two three four', 10), ['  one two', '    three', '    four']);
});
