/** Logits of every family against transformers' own, from test/golden/model/make_models.py. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { generate } from '../../../src/model/generate.ts';
import {
  caseFolder,
  CASES,
  largestDifference,
  logLikelihoods,
  MODEL_CASES,
  openCase,
  OTHER_DEVICE,
} from '../../support/models.ts';
import { temporaryFolder } from '../../support/paths.ts';

/** The bound; what is reached is a tenth of it. */
const TOLERANCE = 1e-4;
const PLACES = [
  ['on the CPU', { memory: 'resident' }],
  ['as on other devices', { runtime: OTHER_DEVICE }],
] as const;
const { signal } = new AbortController();

it('has all the cases', () => {
  assert.deepEqual(readdirSync(join(MODEL_CASES, 'cases')).sort(), Object.keys(CASES).sort());
  assert.equal(Object.keys(CASES).length, 23);
});

for (const [name, { configs }] of Object.entries(CASES))
  describe(name, () => {
    for (const [place, options] of PLACES)
      it(`computes transformers' logits, log-likelihoods and greedy continuations ${place}`, async () => {
        await using opened = await openCase(name, options);
        const { network, rows, expected } = opened;
        assert.ok(largestDifference(await network.logits(rows), expected.logits) <= TOLERANCE);
        const { prompt, tokens } = expected.generation;
        assert.deepEqual(await generate(network, [prompt], { maxTokens: tokens.length }, () => false, signal), [
          tokens,
        ]);
        const { penalty, ...penalised } = expected.penalised;
        const decoding = { maxTokens: penalised.tokens.length, repetitionPenalty: penalty };
        assert.deepEqual(await generate(network, [penalised.prompt], decoding, () => false, signal), [
          penalised.tokens,
        ]);
        const found = await logLikelihoods(network, expected.loglikelihood);
        for (const [i, { logProbability, greedy }] of expected.loglikelihood.entries()) {
          const difference = Math.abs((found[i]?.logProbability ?? NaN) - logProbability);
          assert.ok(difference <= TOLERANCE, `${difference}`);
          assert.equal(found[i]?.greedy, greedy);
        }
      });

    it('computes the same with its weights mapped', async () => {
      await using opened = await openCase(name, { memory: 'mapped' });
      const logits = await opened.network.logits(opened.rows);
      assert.ok(largestDifference(logits, opened.expected.logits) <= TOLERANCE);
    });

    if (configs.includes('config.v4.json'))
      it("computes the same from transformers 4's config.json", async () => {
        await using folder = await temporaryFolder();
        const path = join(folder.path, 'v4');
        await cp(caseFolder(name), path, { recursive: true });
        await cp(join(path, 'config.v4.json'), join(path, 'config.json'));
        await using modern = await openCase(name, { memory: 'mapped' });
        await using opened = await openCase(path, { memory: 'mapped' });
        assert.deepEqual(await opened.network.logits(opened.rows), await modern.network.logits(opened.rows));
      });
  });
