/** What encodeModel writes is a model to ONNX Runtime, and computes what it says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel } from '../../../src/kernels/onnx/encode.ts';
import type { Dimension, Graph, GraphValue } from '../../../src/kernels/onnx/graph.ts';

async function load(graph: Graph): Promise<InferenceSession & AsyncDisposable> {
  const session = await InferenceSession.create(encodeModel(graph), {
    executionProviders: ['cpu'],
    logSeverityLevel: 4,
  });
  return Object.assign(session, { [Symbol.asyncDispose]: () => session.release() });
}

function product(rows: Dimension, rank: Dimension, columns: Dimension): Graph {
  return {
    name: 'product',
    inputs: [
      { name: 'left', type: 'float32', shape: [rows, rank] },
      { name: 'right', type: 'float32', shape: [rank, columns] },
      { name: 'scale', type: 'float32', shape: [1] },
    ],
    outputs: [{ name: 'scaled', type: 'float32', shape: [rows, columns] }],
    nodes: [
      { operator: 'MatMul', inputs: ['left', 'right'], outputs: ['raw'] },
      { operator: 'Mul', inputs: ['raw', 'scale'], outputs: ['scaled'] },
    ],
  };
}

const LEFT = new Tensor('float32', [1, 2, 3, 4, 5, 6], [3, 2]);
const RIGHT = new Tensor('float32', [1, 0, 2, 0, 1, 3], [2, 3]);
const SCALE = new Tensor('float32', [0.5], [1]);

describe('a graph of two nodes', () => {
  for (const [rule, graph] of [
    ['of fixed dimensions', product(3, 2, 3)],
    ['of named dimensions', product('rows', 'rank', 'columns')],
  ] as const)
    it(`${rule} computes`, async () => {
      await using session = await load(graph);
      const { scaled } = await session.run({ left: LEFT, right: RIGHT, scale: SCALE });
      assert.deepEqual(scaled?.dims, [3, 3]);
      assert.deepEqual([...(scaled.data as Float32Array)], [0.5, 1, 4, 1.5, 2, 9, 2.5, 3, 14]);
    });

  it('of named dimensions takes other sizes, of fixed ones does not', async () => {
    const other = { left: new Tensor('float32', [2, 3], [1, 2]), right: RIGHT, scale: SCALE };
    await using named = await load(product('rows', 'rank', 'columns'));
    assert.deepEqual((await named.run(other)).scaled?.dims, [1, 3]);
    await using fixed = await load(product(3, 2, 3));
    await assert.rejects(fixed.run(other), /invalid dimensions/);
  });
});

describe('an input is declared', () => {
  const identity = (value: GraphValue): Graph => ({
    name: 'identity',
    inputs: [value],
    outputs: [{ ...value, name: 'out' }],
    nodes: [{ operator: 'Identity', inputs: [value.name], outputs: ['out'] }],
  });

  for (const type of ['float32', 'float16', 'int64'] as const)
    it(`as ${type}, with its name and shape`, async () => {
      const shape = [1, 300, 'größe', 70_000, 'n'];
      await using session = await load(identity({ name: 'in', type, shape }));
      assert.deepEqual(session.inputMetadata, [{ name: 'in', isTensor: true, type, shape }]);
      assert.deepEqual(session.outputMetadata, [{ name: 'out', isTensor: true, type, shape }]);
    });

  it('as a scalar', async () => {
    await using session = await load(identity({ name: 'in', type: 'float32', shape: [] }));
    const { out } = await session.run({ in: new Tensor('float32', [7], []) });
    assert.deepEqual([out?.dims, out?.data], [[], Float32Array.of(7)]);
  });
});

it('a graph whose nodes name no known value is no model', async () => {
  const graph = product('rows', 'rank', 'columns');
  await assert.rejects(load({ ...graph, nodes: graph.nodes.slice(1) }), /raw/);
});
