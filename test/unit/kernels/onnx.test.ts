/** What encodeModel writes is a model to ONNX Runtime, and computes what it says. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel } from '../../../src/kernels/onnx/encode.ts';
import type {
  Attribute,
  Dimension,
  Graph,
  GraphNode,
  GraphValue,
  Initialiser,
} from '../../../src/kernels/onnx/graph.ts';
import { temporaryFolder } from '../../support/paths.ts';

async function load(graph: Graph, folder?: string): Promise<InferenceSession & AsyncDisposable> {
  const session = await InferenceSession.create(encodeModel(graph), {
    executionProviders: ['cpu'],
    logSeverityLevel: 4,
    ...(folder === undefined ? {} : { extra: { session: { model_external_initializers_file_folder_path: folder } } }),
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

/** One node of x float32 [2, 3], and what it gives for 1 … 6. */
async function apply(
  node: Omit<GraphNode, 'inputs' | 'outputs'>,
  initialisers: readonly Initialiser[] = [],
  type: 'float32' | 'int64' = 'float32',
): Promise<{ readonly dims: readonly number[]; readonly data: readonly (number | bigint)[] }> {
  const inputs = ['x', ...initialisers.map(({ name }) => name)];
  const shape = type === 'int64' ? ['n'] : ['a', 'b'];
  await using session = await load({
    name: 'one node',
    inputs: [{ name: 'x', type: 'float32', shape: ['rows', 'columns'] }],
    outputs: [{ name: 'y', type, shape }],
    nodes: [{ ...node, inputs, outputs: ['y'] }],
    initialisers,
  });
  const { y } = await session.run({ x: new Tensor('float32', [1, 2, 3, 4, 5, 6], [2, 3]) });
  assert.ok(y);
  return { dims: y.dims, data: [...(y.data as Float32Array | BigInt64Array)] };
}

describe('an attribute', () => {
  const with_ = (operator: string, attributes: Readonly<Record<string, Attribute>>): ReturnType<typeof apply> =>
    apply({ operator, attributes }, [], operator === 'Shape' ? 'int64' : 'float32');

  it('is an integer, a negative one and one beyond 32 bits', async () => {
    assert.deepEqual((await with_('Shape', { start: { integer: 1 } })).data, [3n]);
    assert.deepEqual((await with_('Shape', { start: { integer: -2 }, end: { integer: -1 } })).data, [2n]);
    assert.deepEqual((await with_('Shape', { start: { integer: 0 }, end: { integer: 2 ** 40 } })).data, [2n, 3n]);
    assert.deepEqual((await with_('Shape', { start: { integer: -(2 ** 40) } })).data, [2n, 3n]);
  });

  it('is a number of float32', async () => {
    const { data } = await with_('HardSigmoid', { alpha: { float: 0.1 }, beta: { float: -0.25 } });
    const wanted = [0, 0, 0.05, 0.15, 0.25, 0.35];
    data.forEach((value, i) => assert.ok(Math.abs(Number(value) - (wanted[i] ?? NaN)) < 1e-7));
  });

  it('is a list of integers', async () => {
    assert.deepEqual(await with_('Transpose', { perm: { integers: [1, 0] } }), {
      dims: [3, 2],
      data: [1, 4, 2, 5, 3, 6],
    });
    assert.deepEqual(await with_('Transpose', { perm: { integers: [0, 1] } }), {
      dims: [2, 3],
      data: [1, 2, 3, 4, 5, 6],
    });
  });

  it('is a text', async () => {
    const [exact, bent] = [await with_('Gelu', {}), await with_('Gelu', { approximate: { text: 'tanh' } })];
    assert.ok(Math.abs(Number(exact.data[0]) - 0.8413447460685429) < 1e-6);
    assert.ok(Math.abs(Number(bent.data[0]) - 0.8411919906082768) < 1e-6);
  });
});

describe("ONNX Runtime's own operators", () => {
  it('are found in their domain, and nowhere else', async () => {
    const node = { operator: 'QuickGelu', attributes: { alpha: { float: 1 } } };
    const { data } = await apply({ ...node, domain: 'com.microsoft' });
    data.forEach((value, i) => assert.ok(Math.abs(Number(value) - (i + 1) / (1 + Math.exp(-i - 1))) < 1e-5));
    await assert.rejects(apply(node), /QuickGelu/);
  });
});

describe('an initialiser', () => {
  const bytesOf = (data: Float32Array | BigInt64Array | Uint16Array): Uint8Array => new Uint8Array(data.buffer);

  it('is in the model, a matrix, a vector or one number', async () => {
    const matrix = {
      name: 'w',
      type: 'float32',
      shape: [3, 2],
      bytes: bytesOf(Float32Array.of(1, 0, 0, 1, 1, 1)),
    } as const;
    assert.deepEqual(await apply({ operator: 'MatMul' }, [matrix]), { dims: [2, 2], data: [4, 5, 10, 11] });
    const number = { name: 'w', type: 'float32', shape: [], bytes: bytesOf(Float32Array.of(-2)) } as const;
    assert.deepEqual((await apply({ operator: 'Mul' }, [number])).data, [-2, -4, -6, -8, -10, -12]);
    const shape = { name: 'w', type: 'int64', shape: [2], bytes: bytesOf(BigInt64Array.of(3n, -1n)) } as const;
    assert.deepEqual(await apply({ operator: 'Reshape' }, [shape]), { dims: [3, 2], data: [1, 2, 3, 4, 5, 6] });
  });

  for (const [type, numbers] of [
    ['float32', bytesOf(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7))],
    ['float16', bytesOf(Uint16Array.of(0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700))],
    ['bfloat16', bytesOf(Uint16Array.of(0, 0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0, 0x40e0))],
  ] as const)
    it(`stays in its file: ${type}, from an odd place on, whole and in parts`, async () => {
      await using folder = await temporaryFolder();
      const [before, after] = [Buffer.from('odd'), Buffer.from('more')];
      await writeFile(join(folder.path, 'größe.bin'), Buffer.concat([before, numbers, after]));
      const size = numbers.length / 8;
      for (const [from, to] of [
        [0, 8],
        [3, 5],
        [7, 8],
      ] as const) {
        const location = join(folder.path, 'größe.bin').slice(1);
        const bytes = { location, offset: before.length + from * size, length: (to - from) * size };
        const shape = [to - from];
        await using session = await load(
          {
            name: 'file',
            inputs: [{ name: 'x', type: 'float32', shape: [] }],
            outputs: [{ name: 'y', type: 'float32', shape }],
            nodes: [
              { operator: 'Cast', inputs: ['w'], outputs: ['wide'], attributes: { to: { integer: 1 } } },
              { operator: 'Add', inputs: ['wide', 'x'], outputs: ['y'] },
            ],
            initialisers: [{ name: 'w', type, shape, bytes }],
          },
          '/',
        );
        const { y } = await session.run({ x: new Tensor('float32', [0.5], []) });
        assert.deepEqual(
          [...(y?.data as Float32Array)],
          Array.from({ length: to - from }, (_, i) => from + i + 0.5),
        );
      }
    });

  it('in a file that is not there is no model', async () => {
    const bytes = { location: 'nowhere/model.bin', offset: 0, length: 24 };
    const weight = { name: 'w', type: 'float32', shape: [3, 2], bytes } as const;
    await assert.rejects(apply({ operator: 'MatMul' }, [weight]), /model\.bin/);
  });
});
