/** Rows of any shape against plain sequences, each alone: trees, ragged batches, caches, lengths that turn otherwise. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { generate } from '../../../src/model/generate.ts';
import type { Network } from '../../../src/model/network.ts';
import { lengthOf, type TokenTree } from '../../../src/model/rows.ts';
import {
  CASES,
  changedCase,
  largestDifference,
  openCase,
  openModel,
  OTHER_DEVICE,
  type CaseOptions,
} from '../../support/models.ts';
import { temporaryFolder } from '../../support/paths.ts';

/** Other shapes are other orders of summing. */
const ROUNDING = 2e-5;
const { signal } = new AbortController();

function tokens(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * i * seed + 11 * i + 5 * seed) % 64);
}

function plain(prefix: readonly number[]): TokenTree {
  return { prefix, branches: [] };
}

/** Of the token after each place, whatever it is, and of another one. */
async function scoresOf(network: Network, rows: readonly TokenTree[]): Promise<Float32Array[]> {
  const targets = rows.flatMap((tree, row) =>
    Array.from({ length: lengthOf(tree) }, (_, place) => ({ row, place, token: (7 * place + 3) % 64 })),
  );
  const { logProbabilities } = await network.score(rows, targets);
  let begin = 0;
  return rows.map((tree) => logProbabilities.subarray(begin, (begin += lengthOf(tree))));
}

async function assertTree(network: Network, tree: TokenTree): Promise<void> {
  const [whole = new Float32Array()] = await scoresOf(network, [tree]);
  let begin = tree.prefix.length;
  for (const branch of tree.branches) {
    const places = [...tree.prefix.keys(), ...branch.map((_, i) => begin + i)];
    const prefix = [...tree.prefix, ...branch];
    const targets = places.map((at, place) => ({ row: 0, place, token: (7 * at + 3) % 64 }));
    const { logProbabilities } = await network.score([plain(prefix)], targets);
    const own = Float32Array.from(places, (at) => whole[at] ?? NaN);
    assert.ok(largestDifference(own, logProbabilities) <= ROUNDING);
    begin += branch.length;
  }
}

/** Greedy decoding by definition: each token from the whole sequence. */
async function withoutCache(network: Network, prompt: readonly number[], count: number): Promise<number[]> {
  const produced: number[] = [];
  while (produced.length < count) {
    const logits = await network.logits([plain([...prompt, ...produced])]);
    const last = logits.subarray(logits.length - network.architecture.vocabulary);
    produced.push(last.indexOf(Math.max(...last)));
  }
  return produced;
}

const PLACES: readonly (readonly [name: string, place: string, options: CaseOptions])[] = [
  ...Object.keys(CASES).map((name) => [name, 'on the CPU', {}] as const),
  ...['gemma2', 'mistral-window', 'qwen2-window', 'phi3-longrope'].map(
    (name) => [name, 'as on other devices', { runtime: OTHER_DEVICE }] as const,
  ),
];

for (const [name, place, options] of PLACES)
  describe(`${name} ${place}`, () => {
    it('scores a tree as its sequences one by one, alone and beside others', async () => {
      await using opened = await openCase(name, options);
      const tree = { prefix: tokens(9, 3), branches: [tokens(4, 5), tokens(1, 7), tokens(8, 2), tokens(2, 9)] };
      await assertTree(opened.network, tree);
      const rows = [plain(tokens(3, 4)), tree, plain(tokens(21, 6)), plain(tokens(1, 8))];
      const alone = [];
      for (const row of rows) alone.push(...(await scoresOf(opened.network, [row])));
      for (const batch of [rows, rows.filter(({ branches }) => branches.length === 0)]) {
        const together = await scoresOf(opened.network, batch);
        for (const [i, row] of batch.entries())
          assert.ok(largestDifference(together[i]!, alone[rows.indexOf(row)]!) <= ROUNDING);
      }
    });

    it('generates for prompts of any lengths what it generates for each alone, and without a cache', async () => {
      await using opened = await openCase(name, options);
      const prompts = [tokens(4, 3), tokens(11, 5), tokens(1, 7)];
      const together = await generate(opened.network, prompts, { maxTokens: 9 }, () => false, signal);
      for (const [i, prompt] of prompts.entries()) {
        const [alone] = await generate(opened.network, [prompt], { maxTokens: 9 }, () => false, signal);
        assert.deepEqual(together[i], alone);
        assert.deepEqual(alone, await withoutCache(opened.network, prompt, 9));
      }
    });
  });

describe('generation', () => {
  it('ends each row by itself, and all with the last', async () => {
    await using opened = await openCase('llama-bf16', {});
    const prompts = [tokens(4, 3), tokens(11, 5)];
    const free = await generate(opened.network, prompts, { maxTokens: 8 }, () => false, signal);
    const ended = await generate(
      opened.network,
      prompts,
      { maxTokens: 8 },
      (row, own) => own.length === [2, 5][row],
      signal,
    );
    assert.deepEqual(ended, [free[0]?.slice(0, 2), free[1]?.slice(0, 5)]);
    assert.deepEqual(await generate(opened.network, [], { maxTokens: 8 }, () => false, signal), []);
  });

  it('stops between two tokens when it is cancelled', async () => {
    await using opened = await openCase('llama-bf16', {});
    const controller = new AbortController();
    const done = (): boolean => (controller.abort(), false);
    await assert.rejects(generate(opened.network, [[1, 2]], { maxTokens: 8 }, done, controller.signal), /Cancelled/);
  });
});

describe('a long tree', () => {
  it('has positions for its longest branch, which need not be its last', async () => {
    await using folder = await temporaryFolder();
    await changedCase('llama-bf16', join(folder.path, 'long'), { max_position_embeddings: 1024 });
    await using model = await openModel(join(folder.path, 'long'));
    await using network = model.network();
    await assertTree(network, { prefix: tokens(250, 3), branches: [tokens(12, 5), tokens(2, 7)] });
  });
});

describe('a rotary embedding that depends on the length (longrope)', () => {
  const LONG = [1, 3, 8, 16];
  const [short, long] = [plain(tokens(24, 3)), plain(tokens(40, 5))];

  it('is that of the row, whatever rows are beside it', async () => {
    await using opened = await openCase('phi3-longrope', {});
    const [first, second] = await scoresOf(opened.network, [short, long]);
    assert.ok(largestDifference(first!, (await scoresOf(opened.network, [short]))[0]!) <= ROUNDING);
    assert.ok(largestDifference(second!, (await scoresOf(opened.network, [long]))[0]!) <= ROUNDING);
  });

  it('has the long factors for long rows only', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'always');
    const rope = { rope_type: 'longrope', rope_theta: 10_000, short_factor: LONG, long_factor: LONG };
    await changedCase('phi3-longrope', path, { rope_parameters: rope });
    await using always = await openCase(path, {});
    await using opened = await openCase('phi3-longrope', {});
    const [both, own] = [await scoresOf(always.network, [short, long]), await scoresOf(opened.network, [short, long])];
    assert.ok(largestDifference(own[1]!, both[1]!) <= ROUNDING);
    assert.ok(largestDifference(own[0]!, both[0]!) > 0.05);
  });

  it('turns the keys in a cache anew where a text grows beyond the original length', async () => {
    await using opened = await openCase('phi3-longrope', {});
    const prompts = [tokens(28, 3), tokens(5, 7), tokens(31, 2)];
    const together = await generate(opened.network, prompts, { maxTokens: 8 }, () => false, signal);
    for (const [i, prompt] of prompts.entries())
      assert.deepEqual(together[i], await withoutCache(opened.network, prompt, 8));
  });
});
