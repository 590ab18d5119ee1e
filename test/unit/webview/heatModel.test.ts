/** The heat map's data: rows, columns, order, and what was not measured. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PortedTensor } from '../../../src/port/provenance.ts';
import { heatModel, MEASURES } from '../../../webview/report/heatModel.ts';

const tensor = (module: string, layer: number | null, deltaNorm: number, weightNorm?: number): PortedTensor => ({
  module,
  layer,
  type: module.slice(module.lastIndexOf('.') + 1),
  target: `${module}.weight`,
  source: `${module}.weight`,
  method: 'LoRA',
  shape: [2, 2],
  dtype: 'BF16',
  kind: 'pure delta',
  rank: 1,
  scaling: 1,
  deltaNorm,
  measured:
    weightNorm === undefined
      ? null
      : { weightNorm, roundingError: deltaNorm / 10, absorbedShare: 0, sourceSha256: '', sha256: '' },
});
const [delta, relative, rounding] = MEASURES;
assert.ok(delta && relative && rounding);

describe('heatModel', () => {
  it('puts layers in rows and modules in the order of the network', () => {
    const model = heatModel(
      [
        tensor('model.layers.10.mlp.down_proj', 10, 3),
        tensor('model.layers.2.self_attn.q_proj', 2, 1),
        tensor('model.layers.2.mlp.down_proj', 2, 2),
        tensor('model.embed_tokens', null, 4),
      ],
      delta,
    );
    assert.deepEqual(model.rows, ['–', '2', '10']);
    assert.deepEqual(model.columns, ['q_proj', 'down_proj', 'embed_tokens']);
    assert.deepEqual(
      model.cells.map(({ row, column, value }) => [row, column, value]),
      [
        [0, 2, 4],
        [1, 0, 1],
        [1, 1, 2],
        [2, 1, 3],
      ],
    );
    assert.equal(model.maximum, 4);
  });

  it('keeps modules apart that share their last name', () => {
    const tensors = ['attn.c_proj', 'mlp.c_proj', 'attn.c_attn'].map((name) => tensor(`transformer.h.0.${name}`, 0, 1));
    assert.deepEqual(heatModel(tensors, delta).columns, ['c_attn', 'attn.c_proj', 'mlp.c_proj']);
  });

  it('shows what was not measured as undefined, not as zero', () => {
    const measured = tensor('model.layers.0.self_attn.q_proj', 0, 1, 4);
    const unmeasured = tensor('model.layers.0.self_attn.k_proj', 0, 1);
    assert.deepEqual(
      heatModel([measured, unmeasured], relative).cells.map(({ value }) => value),
      [0.25, undefined],
    );
    assert.deepEqual(
      heatModel([measured], rounding).cells.map(({ value }) => value),
      [0.1],
    );
  });
});
