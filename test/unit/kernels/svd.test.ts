import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CancelledError, InputError } from '../../../src/base/errors.ts';
import { passes, svdForEnergy, truncatedSvd, type TruncatedSvd } from '../../../src/kernels/linalg/randomisedSvd.ts';
import { transpose } from '../../../src/kernels/lowRank.ts';
import { errorOf, noise, orthonormalityError, plainKernel, streamOf, withSpectrum } from '../../support/matrices.ts';

const powers = (length: number): number[] => Array.from({ length }, (_, i) => 3 / (i + 1));
const MATRIX = withSpectrum(150, 120, powers(120));
const ZERO = { rows: 150, columns: 120, data: new Float32Array(150 * 120) };

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function assertOrthonormal({ left, right, rank }: TruncatedSvd, within = 1e-5): void {
  const worst = Math.max(
    orthonormalityError(transpose(left, left.length / rank, rank), rank),
    orthonormalityError(right, rank),
  );
  assert.ok(worst <= within, `${worst}`);
}

describe('singular vectors', () => {
  const SHAPES = [
    [150, 120, 8],
    [100, 900, 20],
    [900, 100, 20],
    [30, 500, 12],
    [500, 30, 12],
    [7, 5, 5],
    [1, 9, 1],
    [9, 1, 1],
    [1, 1, 1],
    [90, 90, 85],
  ] as const;
  for (const [rows, columns, rank] of SHAPES)
    it(`are orthonormal, and the values descend: ${rows} × ${columns}, rank ${rank}`, async () => {
      const result = await truncatedSvd(streamOf(noise(rows, columns, 3)), plainKernel, { rank, tileElements: 1000 });
      assert.deepEqual([result.left.length, result.right.length], [rows * rank, rank * columns]);
      assertOrthonormal(result);
      assert.deepEqual(
        [...result.values],
        [...result.values].sort((a, b) => b - a),
      );
    });

  it('are orthonormal though the spectrum spans more than float32', async () => {
    const steep = withSpectrum(
      150,
      120,
      powers(120).map((_, i) => 10 ** -i),
    );
    assertOrthonormal(await truncatedSvd(streamOf(steep), plainKernel, { rank: 40 }));
  });
});

describe('a matrix of low rank is recovered', () => {
  for (const [rows, columns, true_, rank] of [
    [200, 150, 8, 8],
    [150, 200, 8, 16],
    [90, 700, 1, 4],
    [40, 300, 8, 8],
    [300, 40, 8, 30],
    [1, 50, 1, 4],
    [50, 1, 1, 4],
  ] as const)
    it(`${rows} × ${columns} of rank ${true_}, asked for ${rank}`, async () => {
      const matrix = withSpectrum(rows, columns, powers(true_));
      const result = await truncatedSvd(streamOf(matrix), plainKernel, { rank });
      const error = errorOf(matrix, result) / norm(matrix.data);
      assert.ok(error <= 1e-5, `${error}`);
      assert.ok(result.kept >= 1 - 1e-6 && result.kept <= 1, `${result.kept}`);
      assert.equal(result.rank, Math.min(rank, rows, columns));
    });

  it('and of the smallest rank for all of its energy', async () => {
    for (const rank of [1, 8, 20, 33]) {
      const stream = streamOf(withSpectrum(200, 150, powers(rank)));
      assert.equal((await svdForEnergy(stream, plainKernel, 1, { maxRank: 64 })).rank, rank);
    }
  });

  it('times 1e-30 and 1e15 too', async () => {
    for (const scale of [1e-30, 1e15]) {
      const given = withSpectrum(100, 90, powers(5));
      const matrix = { ...given, data: given.data.map((value) => value * scale) };
      const result = await truncatedSvd(streamOf(matrix), plainKernel, { rank: 5 });
      assert.ok(errorOf(matrix, result) <= 1e-5 * scale, `${errorOf(matrix, result)}`);
    }
  });
});

describe('a zero matrix', () => {
  it('has zero values, zero vectors, no NaN, and is kept wholly', async () => {
    for (const zero of [ZERO, { rows: 3, columns: 50, data: new Float32Array(150) }]) {
      const result = await truncatedSvd(streamOf(zero), plainKernel, { rank: 2 });
      assert.deepEqual([...result.values], [0, 0]);
      assert.equal(norm(result.right), 0);
      assert.deepEqual([result.energy, result.kept], [0, 1]);
      assert.ok(result.left.every((value) => Number.isFinite(value)));
    }
  });
  it('needs no rank at all', async () =>
    assert.equal((await svdForEnergy(streamOf(ZERO), plainKernel, 0.9, { maxRank: 8 })).rank, 0));
  it('or one without elements is no error', async () => {
    const empty = streamOf({ rows: 0, columns: 4, data: new Float32Array(0) });
    const result = await truncatedSvd(empty, plainKernel, { rank: 2 });
    assert.deepEqual([result.rank, result.kept], [0, 1]);
  });
});

describe('the result', () => {
  it('is the same to the bit for the same seed, and differs in bits for another', async () => {
    const run = (seed: number) => truncatedSvd(streamOf(MATRIX), plainKernel, { rank: 8, seed });
    const [first, again, other] = [await run(5), await run(5), await run(6)];
    assert.deepEqual(again, first);
    assert.notDeepEqual(other, first);
    assert.ok(Math.abs(other.kept - first.kept) <= 1e-4);
    assert.deepEqual(await truncatedSvd(streamOf(MATRIX), plainKernel, { rank: 8 }), await run(0));
  });

  it('does not depend on the size of the tiles', async () => {
    const run = (tileElements: number) => truncatedSvd(streamOf(MATRIX), plainKernel, { rank: 8, tileElements });
    const whole = await run(2 ** 21);
    for (const size of [1, 500, 7777]) {
      const tiled = await run(size);
      const product = { ...MATRIX, data: await productOf(whole) };
      assert.ok(errorOf(product, tiled) <= 1e-5 * norm(product.data), `${errorOf(product, tiled)}`);
      assert.ok(tiled.values.every((value, i) => Math.abs(value - whole.values[i]!) <= 1e-6 * whole.values[0]!));
    }
  });

  it('of the transposed matrix is transposed', async () => {
    const flipped = { rows: 120, columns: 150, data: transpose(MATRIX.data, 150, 120) };
    const options = { rank: 8, powerIterations: 8 };
    const [result, other] = [
      await truncatedSvd(streamOf(MATRIX), plainKernel, options),
      await truncatedSvd(streamOf(flipped), plainKernel, options),
    ];
    const product = { ...flipped, data: transpose(await productOf(result), 150, 120) };
    assert.ok(errorOf(product, other) <= 1e-4 * norm(product.data), `${errorOf(product, other)}`);
  });

  it('gets better with power iterations', async () => {
    const flat = noise(200, 160, 3);
    const kept = async (powerIterations: number): Promise<number> =>
      (await truncatedSvd(streamOf(flat), plainKernel, { rank: 16, powerIterations })).kept;
    const [none, one, two, six] = [await kept(0), await kept(1), await kept(2), await kept(6)];
    assert.ok(none * 1.2 < one && one * 1.02 < two && two * 1.005 < six, `${none} ${one} ${two} ${six}`);
  });
});

function productOf({ left, values, right, rank }: TruncatedSvd): Promise<Float32Array> {
  const scaled = left.map((value, i) => value * values[i % rank]!);
  return plainKernel.product(scaled, right, { rows: 150, rank, columns: 120 }, 1);
}

describe('a share of the energy', () => {
  it('that maxRank cannot hold is said so, in words', async () => {
    const result = await svdForEnergy(streamOf(MATRIX), plainKernel, 0.95, { maxRank: 4 });
    assert.equal(result.rank, 4);
    assert.match(result.shortfall ?? '', /^Rank 4 keeps 8\d\.\d+ % of the energy, not the 95 % that were asked for\.$/);
  });

  it('is found from a sketch that grows from the first rank on, and refined once', async () => {
    const widths: number[] = [];
    const kernel = {
      ...plainKernel,
      product: (...given: Parameters<typeof plainKernel.product>) => {
        widths.push(given[2].columns === 120 ? given[2].rows : given[2].columns);
        return plainKernel.product(...given);
      },
    };
    const slow = withSpectrum(
      150,
      120,
      powers(120).map((value) => value ** 0.3),
    );
    await svdForEnergy(streamOf(slow), kernel, 0.6, { maxRank: 100, oversample: 10 });
    assert.deepEqual(widths, [26, 26, 42, 42, 74, 74, 74, 74, 74, 74]);
  });
});

describe('the reading of a matrix', () => {
  it('tells of every tile, in as many passes as announced', async () => {
    for (const [matrix, rank] of [
      [MATRIX, 8],
      [MATRIX, 60],
      [noise(20, 300, 1), 8],
    ] as const) {
      let elements = 0;
      const options = { rank, tileElements: 1000 };
      await truncatedSvd(streamOf(matrix), plainKernel, options, undefined, (count) => void (elements += count));
      assert.equal(elements, matrix.data.length * passes(matrix, options));
    }
    assert.deepEqual([passes(MATRIX, { rank: 8 }), passes(MATRIX, { rank: 60 })], [6, 1]);
  });

  it('ends at the next tile when it is cancelled', async () => {
    const controller = new AbortController();
    let tiles = 0;
    const run = truncatedSvd(
      streamOf(MATRIX),
      plainKernel,
      { rank: 8, tileElements: 1200 },
      controller.signal,
      () => ++tiles === 20 && controller.abort(),
    );
    await assert.rejects(run, CancelledError);
    assert.equal(tiles, 20);
  });

  it('refuses values that are not finite', async () => {
    for (const bad of [NaN, Infinity])
      for (const [rows, columns] of [
        [100, 90],
        [3, 4],
      ] as const) {
        const matrix = noise(rows, columns, 1);
        matrix.data[11] = bad;
        await assert.rejects(truncatedSvd(streamOf(matrix), plainKernel, { rank: 4 }), InputError);
      }
  });

  it('refuses a tile of another size', async () => {
    const stream = { rows: 100, columns: 90, tile: () => Promise.resolve(new Float32Array(7)) };
    await assert.rejects(truncatedSvd(stream, plainKernel, { rank: 4 }), /a tile of 7 elements at row 0/);
  });
});
