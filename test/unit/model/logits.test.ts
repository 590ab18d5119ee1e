/** Logits of every family against transformers' own, from test/golden/model/make_models.py. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { generate } from '../../../src/model/generate.ts';
import { MODEL_CASES, openCase, largestDifference } from '../../support/models.ts';

/** The bound; what is reached is a tenth of it. */
const TOLERANCE = 1e-4;

for (const name of readdirSync(join(MODEL_CASES, 'cases')).sort())
  describe(name, () => {
    for (const memory of ['resident', 'mapped'] as const)
      it(`computes transformers' logits, weights ${memory}`, async () => {
        await using opened = await openCase(name, { memory });
        const logits = await opened.network.logits(opened.rows);
        assert.ok(largestDifference(logits, opened.expected.logits) <= TOLERANCE);
      });

    it('generates what transformers generates', async () => {
      await using opened = await openCase(name, {});
      const { prompt, tokens } = opened.expected.generation;
      const { signal } = new AbortController();
      assert.deepEqual(await generate(opened.network, [prompt], tokens.length, () => false, signal), [tokens]);
    });
  });
