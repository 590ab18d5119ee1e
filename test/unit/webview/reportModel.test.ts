/** What the report's pictures are drawn from: the grid, colours, sums of layers, and numbers in words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ViewMetric } from '../../../src/editor/report/viewTypes.ts';
import { coloursOf } from '../../../webview/report/colours.ts';
import { combined, type Combined } from '../../../webview/report/combine.ts';
import { geometryOf } from '../../../webview/report/geometry.ts';
import { filtered, filtersOf, gridOf, nextCell } from '../../../webview/report/grid.ts';
import { inWords, superscript, written } from '../../../webview/report/numbers.ts';
import { viewTensor } from '../../support/reportView.ts';

const TENSORS = [
  viewTensor('model.layers.10.mlp.down_proj', 10, [3]),
  viewTensor('model.layers.2.self_attn.q_proj', 2, [1]),
  viewTensor('model.layers.2.mlp.down_proj', 2, [2]),
  viewTensor('model.embed_tokens', null, [4]),
];

function metric(name: string, change: Partial<ViewMetric> = {}): ViewMetric {
  const plain = {
    label: name,
    group: '',
    explanation: '',
    unit: 'number',
    beside: null,
    combine: { kind: 'mean' },
  } as const;
  return { name, ...plain, ...change };
}

describe('the grid of a report', () => {
  it('puts layers in columns by number and modules in rows in the order of the network', () => {
    const { layers, modules, cells } = gridOf(TENSORS);
    assert.deepEqual(layers, [null, 2, 10]);
    assert.deepEqual(modules, ['q_proj', 'down_proj', 'embed_tokens']);
    assert.deepEqual(
      cells.map(({ row, column, tensor }) => [row, column, tensor.values[0]]),
      [
        [0, 1, 1],
        [1, 1, 2],
        [1, 2, 3],
        [2, 0, 4],
      ],
    );
  });

  it('keeps modules apart that share their last name', () => {
    const tensors = ['attn.c_proj', 'mlp.c_proj', 'attn.c_attn'].map((name) => viewTensor(`h.0.${name}`, 0, [1]));
    assert.deepEqual(gridOf(tensors).modules, ['c_attn', 'attn.c_proj', 'mlp.c_proj']);
  });

  it('has the places of another report too, so that both can stand side by side', () => {
    const { layers, modules, cells } = gridOf(TENSORS.slice(0, 1), TENSORS);
    assert.deepEqual([layers.length, modules.length, cells.length], [3, 3, 1]);
    assert.deepEqual([cells[0]?.row, cells[0]?.column], [1, 2]);
  });

  it('moves over places that hold nothing, and stops at the edge', () => {
    const grid = gridOf(TENSORS);
    const [q, down] = grid.cells;
    assert.ok(q && down);
    assert.equal(nextCell(grid, q, [1, 0]), down);
    assert.equal(nextCell(grid, q, [-1, 0]), undefined);
    assert.equal(nextCell(grid, q, [0, 1]), undefined);
  });

  it('filters by group and by module', () => {
    assert.deepEqual(filtersOf(TENSORS), [
      'all',
      'attention',
      'feed-forward',
      'other',
      'q_proj',
      'down_proj',
      'embed_tokens',
    ]);
    assert.equal(filtered(TENSORS, 'feed-forward').length, 2);
    assert.equal(filtered(TENSORS, 'q_proj').length, 1);
    assert.equal(filtered(TENSORS, 'all').length, 4);
  });

  it('is as wide as there is room, and wider where cells would be too narrow', () => {
    const layers = (count: number): ReturnType<typeof gridOf> =>
      gridOf(Array.from({ length: count }, (_, i) => viewTensor(`model.layers.${i}.mlp.up_proj`, i, [1])));
    const [few, many, tight] = [
      geometryOf(layers(6), 1000),
      geometryOf(layers(126), 1000),
      geometryOf(layers(126), 300),
    ];
    assert.equal(few.cell, 76);
    assert.ok(many.width <= 1000 && many.cell > 7);
    assert.ok(tight.width > 300 && tight.cell === 7);
    assert.ok(few.labelled(1) && !many.labelled(1) && many.labelled(0));
  });
});

describe('the colours of a report', () => {
  const share = (colour: string): number => Number(/ ([\d.]+)%/.exec(colour)?.[1]);

  it('go from zero to the largest', () => {
    const { of } = coloursOf([0, 1, 4], false, false);
    assert.deepEqual(
      [0, 1, 4].map((value) => share(of(value))),
      [0, 25, 100],
    );
  });

  it('begin near the smallest where all values are alike, as cosines near 1 are', () => {
    const { of } = coloursOf([0.98, 0.99, 1], false, false);
    assert.ok(share(of(0.98)) < 20 && share(of(1)) === 100);
  });

  it('tell signs apart by hue', () => {
    const { of, steps } = coloursOf([-1, 2], true, false);
    assert.match(of(-1), /red\) 50/);
    assert.match(of(2), /blue\) 100/);
    assert.deepEqual(steps, [-2, -1, 0, 1, 2]);
  });

  it('may be logarithmic', () => {
    const { of, isLogarithmic } = coloursOf([1, 100, 10000], false, true);
    assert.ok(isLogarithmic && Math.abs(share(of(100)) - 53) < 0.1);
  });

  it('are there where every value is zero, or there is none', () => {
    for (const values of [[0, 0], []]) assert.equal(share(coloursOf(values, false, true).of(0)), 0);
  });
});

describe('numbers of several tensors', () => {
  const metrics = [
    metric('delta', { combine: { kind: 'norm' } }),
    metric('weight', { combine: { kind: 'norm' } }),
    metric('relative', { combine: { kind: 'ratio', of: 'delta', to: 'weight' } }),
    metric('lineage'),
    metric('cosine', { combine: { kind: 'cosine', a: 'delta', b: 'weight' } }),
  ];
  const tensors = [viewTensor('a.attn', 0, [3, 6, 0.5, 1, 1]), viewTensor('b.attn', 0, [4, 8, 0.5, null, 0])];
  const of = (i: number, all = tensors): Combined => combined(all, metrics, metrics[i] ?? assert.fail());

  it('are roots of summed squares for norms, of both norms for ratios, and means of what is known else', () => {
    assert.equal(of(0).value, 5);
    assert.equal(of(2).value, 0.5);
    assert.deepEqual(of(3), { value: 1, chance: 0.5 });
    assert.equal(of(3, tensors.slice(1)).value, null);
  });

  it('are cosines of all elements together, whose chance shrinks with their number', () => {
    // (1 · 3 · 6 + 0 · 4 · 8) / (5 · 10)
    assert.equal(of(4).value, 18 / 50);
    assert.ok(Math.abs((of(4).chance ?? 0) - 0.5 / Math.SQRT2) < 1e-12);
  });
});

describe('numbers in words', () => {
  it('have three digits, a true minus and their unit', () => {
    assert.equal(written(0.123456, 'percent'), '12.3 %');
    assert.equal(written(-0.0264, 'signed'), '−0.0264');
    assert.equal(written(0.5, 'signed'), '+0.5');
    assert.equal(written(2, 'times'), '2 ×');
    assert.equal(written(0.999874, 'number'), '0.99987');
    assert.equal(written(-1.23e-7, 'number'), '−1.2 · 10⁻⁷');
    assert.equal(written(null, 'percent'), '–');
    assert.equal(superscript(-18), '⁻¹⁸');
  });

  it('never stand without what they are compared with', () => {
    const cosine = metric('cos(Δ, S)', { unit: 'signed', beside: 'by chance ±' });
    assert.equal(inWords(cosine, 0.01, 0.002), 'cos(Δ, S) = +0.01 (by chance ± 0.002)');
    assert.equal(inWords(cosine, null, 0.002), 'cos(Δ, S) is not known');
  });
});
