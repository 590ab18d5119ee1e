/** The vocabulary in tiles, and states a few at a time: the same numbers whatever the sizes are. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { generate } from '../../../src/model/generate.ts';
import type { Network, TileSizes } from '../../../src/model/network.ts';
import { openOverlay } from '../../../src/model/patched/openOverlay.ts';
import { NO_OVERLAY, type Overlay } from '../../../src/model/weights/overlay.ts';
import { caseFolder, largestDifference, MODEL_CASES, openCase, openModel } from '../../support/models.ts';

const ROUNDING = 1e-5;
const VOCABULARY = 64;
const ROWS = [
  { prefix: [3, 17, 42, 9, 60, 1, 33], branches: [] },
  { prefix: [63, 2, 7], branches: [[5], [0, 8]] },
];
const PLACES = [7, 6];
const { signal } = new AbortController();

/** Every token after every place. */
const TARGETS = PLACES.flatMap((places, row) =>
  Array.from({ length: places }, (_, place) =>
    Array.from({ length: VOCABULARY }, (_, token) => ({ row, place, token })),
  ),
).flat();

interface Answers {
  readonly logits: Float32Array;
  readonly logProbabilities: Float32Array;
  readonly margins: Float32Array;
  readonly tokens: readonly (readonly number[])[];
}

async function answersOf(network: Network): Promise<Answers> {
  const { logProbabilities, margins } = await network.score(ROWS, TARGETS);
  const prompts = [
    [3, 17, 42],
    [63, 2],
  ];
  const tokens = await generate(network, prompts, { maxTokens: 12 }, () => false, signal);
  return { logits: await network.logits(ROWS), logProbabilities, margins, tokens };
}

/** By definition, in float64. */
function assertScores({ logits, logProbabilities, margins }: Answers): void {
  TARGETS.forEach(({ row, place, token }, i) => {
    const at = (row * 7 + place) * VOCABULARY;
    const own = logits.subarray(at, at + VOCABULARY);
    const largest = Math.max(...own);
    const below = (own[token] ?? NaN) - largest;
    const sum = own.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    assert.ok(Math.abs((margins[i] ?? NaN) + below) <= ROUNDING);
    assert.ok(Math.abs((logProbabilities[i] ?? NaN) - (below - Math.log(sum))) <= ROUNDING);
    assert.equal(margins[i] === 0, own.indexOf(largest) === token);
  });
}

/** Tiles that divide the vocabulary and that do not, one state and one token at a time. */
const SIZES: readonly TileSizes[] = [
  { tileRows: 16 },
  { tileRows: 13, logitsAtOnce: 5 * VOCABULARY + 1 },
  { tileRows: 63, logitsAtOnce: 1 },
  { tileRows: 1 },
];

describe('the head', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  const patched = async (base: string, patch: string): Promise<Overlay> => {
    const patches = [{ patch: join(MODEL_CASES, 'patches', patch), scale: 1 }];
    const options = { kernel, exported: false, sink: () => undefined, signal };
    return (await openOverlay(caseFolder(base), patches, options)).overlay;
  };

  for (const [name, memory, patch] of [
    ['llama-bf16', 'resident', undefined],
    ['gemma2', 'mapped', undefined],
    ['llama2-f32', 'resident', 'llama2-f32-embedding'],
  ] as const)
    it(`gives the same in tiles: ${name} ${memory}${patch === undefined ? '' : `, ${patch}`}`, async () => {
      await using model = await openModel(caseFolder(name), { memory });
      const overlay = patch === undefined ? NO_OVERLAY : await patched(name, patch);
      await using whole = model.network(overlay);
      const expected = await answersOf(whole);
      assertScores(expected);
      for (const sizes of SIZES) {
        await using network = model.network(overlay, sizes);
        const found = await answersOf(network);
        assert.deepEqual(found.tokens, expected.tokens);
        for (const key of ['logits', 'logProbabilities', 'margins'] as const)
          assert.ok(largestDifference(found[key], expected[key]) <= ROUNDING, `${key} of ${JSON.stringify(sizes)}`);
      }
    });

  it('takes the first of equal logits, in whatever tile it is', async () => {
    await using model = await openModel(caseFolder('llama2-f32'));
    const head = new Float32Array(VOCABULARY * 32);
    const replaced = new Map([
      ['lm_head.weight', { place: 'held', name: 'lm_head.weight', shape: [VOCABULARY, 32], values: head }],
    ] as const);
    for (const tileRows of [64, 16]) {
      await using network = model.network({ ...NO_OVERLAY, replaced }, { tileRows });
      assert.deepEqual(await generate(network, [[5]], { maxTokens: 2 }, () => false, signal), [[0, 0]]);
    }
  });

  it('does not lose logits that are far apart', async () => {
    await using opened = await openCase('llama2-f32', { sizes: { tileRows: 16 } });
    const { network } = opened;
    const logits = await network.logits([{ prefix: [3], branches: [] }]);
    await using model = await openModel(caseFolder('llama2-f32'));
    const stored = await model.checkpoint.tensors.get('lm_head.weight')!.shard.file.readTensor('lm_head.weight');
    // So large that exp overflows float32 unless each tile's own maximum is taken off first.
    const head = new Float32Array(stored.buffer).map((value) => value * 300);
    const values = { place: 'held', name: 'lm_head.weight', shape: [VOCABULARY, 32], values: head } as const;
    const overlay = { ...NO_OVERLAY, replaced: new Map([['lm_head.weight', values]]) };
    await using far = model.network(overlay, { tileRows: 16 });
    const all = logits.map((_, token) => token);
    const { logProbabilities } = await far.score(
      [{ prefix: [3], branches: [] }],
      [...all].map((token) => ({ row: 0, place: 0, token })),
    );
    const largest = Math.max(...logits);
    for (const token of all) {
      const wanted = 300 * ((logits[token] ?? NaN) - largest);
      assert.ok(Math.abs((logProbabilities[token] ?? NaN) - wanted) <= 1e-2, `${logProbabilities[token]} ${wanted}`);
    }
  });
});
