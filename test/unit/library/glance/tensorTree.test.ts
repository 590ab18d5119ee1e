/** The tree of tensors and what is found in it: order, groups, pages, and names that nobody should give a tensor. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TensorSearch } from '../../../../src/library/glance/tensorSearch.ts';
import { PAGE_ROWS, TensorTree } from '../../../../src/library/glance/tensorTree.ts';
import type { GlanceTensor, Row } from '../../../../src/library/glance/types.ts';

function tensor(
  name: string,
  dtype = 'BF16',
  shape: readonly number[] = [2, 3],
  file = 'model.safetensors',
): GlanceTensor {
  const parameters = shape.reduce((product, one) => product * one, 1);
  return { name, dtype, shape, parameters, bytes: 2 * parameters, file };
}

function labels(tree: TensorTree, group = ''): string[] {
  return tree.page(group, 0).rows.map((row) => (row.type === 'group' ? `${row.label} ›` : row.label));
}

/** Every tensor that can be reached by opening groups. */
function reached(tree: TensorTree, group = ''): string[] {
  const names: string[] = [];
  for (let from = 0, total = 1; from < total; from += PAGE_ROWS) {
    const page = tree.page(group, from);
    total = page.total;
    for (const row of page.rows) names.push(...(row.type === 'tensor' ? [row.tensor.name] : reached(tree, row.id)));
  }
  return names;
}

const LLAMA = [
  'lm_head.weight',
  'model.embed_tokens.weight',
  ...[0, 1, 10, 2].flatMap((layer) => [
    `model.layers.${layer}.self_attn.q_proj.weight`,
    `model.layers.${layer}.self_attn.q_proj.bias`,
    `model.layers.${layer}.mlp.up_proj.weight`,
  ]),
];

describe('the tree of tensors', () => {
  const tree = new TensorTree(LLAMA.map((name) => tensor(name)));

  it('groups by the parts of the name, layers in the order of their numbers', () => {
    assert.deepEqual(labels(tree), ['lm_head.weight', 'model ›']);
    assert.deepEqual(labels(tree, 'model.'), ['embed_tokens.weight', 'layers ›']);
    assert.deepEqual(labels(tree, 'model.layers.'), ['0 ›', '1 ›', '2 ›', '10 ›']);
    assert.deepEqual(labels(tree, 'model.layers.10.'), ['mlp.up_proj.weight', 'self_attn.q_proj ›']);
    assert.deepEqual(labels(tree, 'model.layers.10.self_attn.q_proj.'), ['bias', 'weight']);
  });

  it('adds up what is in a group', () => {
    const group = tree.page('model.', 0).rows[1] as Row & { type: 'group' };
    assert.deepEqual([group.id, group.tensors, group.parameters, group.bytes], ['model.layers.', 12, 72, 144]);
  });

  it('joins groups that hold one group alone', () => {
    const lora = new TensorTree(
      ['q', 'k'].map((name) => tensor(`base_model.model.model.layers.0.${name}.lora_A.weight`)),
    );
    const [row] = lora.page('', 0).rows;
    assert.equal(row?.label, 'base_model.model.model.layers.0');
    assert.deepEqual(labels(lora, 'base_model.model.model.layers.0.'), ['k.lora_A.weight', 'q.lora_A.weight']);
  });

  it('hands out pages of a group that has many rows', () => {
    const flat = new TensorTree(Array.from({ length: 450 }, (_, i) => tensor(`t${449 - i}`)));
    const last = flat.page('', 400);
    assert.deepEqual([last.from, last.total, last.rows.length], [400, 450, 50]);
    assert.equal(last.rows[0]?.label, 't400');
    assert.equal(flat.page('', 0).rows.length, PAGE_ROWS);
    assert.deepEqual(flat.page('', 1000).rows, []);
  });

  it('loses no tensor, whatever its name', () => {
    const hostile = [
      ...['a', 'a.b', 'a.b.c', 'a.b.d', 'a..b', 'a..c', 'a...c', '.', '..', '', '.a', 'a.', 'x.', 'x..', 'x.y'],
      ...['__proto__', '__proto__.constructor', '__proto__.toString', 'constructor.prototype', 'hasOwnProperty'],
      ...['q.01', 'q.1', 'q.001', 'p/../../etc', '<img src=x>.weight', '<img src=x>.bias', 'ü.ß', 'ü.💥'],
    ];
    const odd = new TensorTree(hostile.map((name) => tensor(name)));
    assert.deepEqual(reached(odd).sort(), [...hostile].sort());
    assert.deepEqual(labels(odd, '__proto__.'), ['constructor', 'toString']);
    assert.deepEqual(
      labels(odd, 'q.'),
      ['01', '1', '001'].sort((a, b) => hostile.indexOf(`q.${a}`) - hostile.indexOf(`q.${b}`)),
    );
  });

  it('shows a tensor that is a group too in both places', () => {
    const both = new TensorTree(['a.b', 'a.b.c', 'a.b.d'].map((name) => tensor(name)));
    assert.deepEqual(labels(both), ['a ›']);
    assert.deepEqual(labels(both, 'a.'), ['b', 'b ›']);
    assert.deepEqual(labels(both, 'a.b.'), ['c', 'd']);
  });

  it('keeps two tensors of one name apart by their files', () => {
    const twice = new TensorTree([
      tensor('a.b', 'F32', [1], '1.safetensors'),
      tensor('a.b', 'F32', [1], '2.safetensors'),
    ]);
    assert.deepEqual(labels(twice, 'a.'), ['b', 'b']);
  });

  it('has no rows for a group that is not there', () => {
    assert.deepEqual(tree.page('nothing.', 0), { from: 0, total: 0, rows: [] });
  });

  it('is not slow for names of a hundred thousand parts', () => {
    const deep = 'a.'.repeat(100_000);
    assert.deepEqual(labels(new TensorTree([tensor(`${deep}x`), tensor(`${deep}y`)])), [`${deep.slice(0, -1)} ›`]);
  });
});

describe('the search for tensors', () => {
  const search = new TensorSearch([
    tensor('model.layers.10.q_proj.weight', 'BF16', [4096, 4096]),
    tensor('model.layers.2.q_proj.weight', 'BF16', [4096, 1024]),
    tensor('model.layers.2.norm.weight', 'F32', [4096]),
    tensor('lm_head.WEIGHT', 'F16', [40960, 64]),
    { name: 'gone.weight', dtype: null, shape: null, parameters: 0, bytes: 0, file: 'b.safetensors' },
  ]);
  const found = (text: string): string[] => search.find(text).rows.map(({ label }) => label);

  it('finds parts of names in any case, in the order of their numbers', () => {
    assert.deepEqual(found('Q_PROJ'), ['model.layers.2.q_proj.weight', 'model.layers.10.q_proj.weight']);
    assert.deepEqual(found('weight').length, 5);
  });

  it('finds dtypes, dimensions and shapes', () => {
    assert.deepEqual(found('bf16').length, 2);
    assert.deepEqual(found('f16'), ['lm_head.WEIGHT'], 'f16 is no bf16');
    assert.deepEqual(found('4096').length, 3);
    for (const shape of ['4096x1024', '4096 × 1024', '[4096, 1024]'])
      assert.deepEqual(found(shape), ['model.layers.2.q_proj.weight'], shape);
    assert.deepEqual(found('missing'), ['gone.weight']);
  });

  it('wants all words', () => {
    assert.deepEqual(found('layers.2 f32'), ['model.layers.2.norm.weight']);
    assert.deepEqual(found('layers.2 f16'), []);
  });

  it('counts all and hands out the first', () => {
    const many = new TensorSearch(Array.from({ length: 1000 }, (_, i) => tensor(`t.${i}`)));
    const page = many.find('t.');
    assert.deepEqual([page.total, page.rows.length, page.rows[10]?.label], [1000, PAGE_ROWS, 't.10']);
  });
});
