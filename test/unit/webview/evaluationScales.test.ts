/** Domains and ticks of the evaluation's pictures. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { differenceDomain, scaleDomain, scoreDomain, ticksOf } from '../../../webview/evaluation/scales.ts';

const point = (scale: number, value: number, stderr: number | null) => ({ scale, value, stderr, text: '' });

describe('differenceDomain', () => {
  it('holds zero and every interval, with a margin', () => {
    const [low, high] = differenceDomain([
      { low: 0.1, high: 0.3 },
      { low: 0.2, high: 0.5 },
    ]);
    assert.ok(low < 0 && low > -0.1, String(low));
    assert.ok(high > 0.5 && high < 0.6, String(high));
    assert.ok(differenceDomain([{ low: -0.4, high: -0.2 }])[1] > 0);
    assert.deepEqual(differenceDomain([{ low: NaN, high: Infinity }]), [-1, 1]);
  });

  it('has a width where nothing differs', () => {
    assert.deepEqual(differenceDomain([{ low: 0, high: 0 }]), [-1, 1]);
    assert.deepEqual(differenceDomain([]), [-1, 1]);
  });
});

describe('the domain of a sweep', () => {
  it('holds every score with its error, and ends at round numbers', () => {
    assert.deepEqual(scoreDomain([point(0, 0.31, 0.02), point(1, 0.87, 0.015)]), [0.2, 0.9]);
    assert.deepEqual(scoreDomain([point(0, 12.3, null), point(1, 19.2, null)]), [12, 20]);
  });

  it('has a height where all scores are one', () => {
    const [low, high] = scoreDomain([point(0, 1, 0), point(1, 1, 0)]);
    assert.ok(low < 1 && high > 1);
    assert.ok(scoreDomain([point(0, 0, null)])[1] > 0);
  });

  it('spans the scales, and one scale too', () => {
    assert.deepEqual(scaleDomain([point(1.25, 0, null), point(0, 0, null), point(0.5, 0, null)]), [0, 1.25]);
    assert.deepEqual(scaleDomain([point(1, 0, null)]), [0.5, 1.5]);
  });

  it('has ticks in percent for shares, and as they are for perplexities', () => {
    assert.deepEqual(
      ticksOf([0.2, 0.9], 'percent').map(({ text }) => text),
      ['20', '30', '40', '50', '60', '70', '80', '90'],
    );
    const plain = ticksOf([12, 20], 'plain');
    assert.deepEqual(
      plain.map(({ at, text }) => [at, text]),
      [12, 14, 16, 18, 20].map((value) => [value, String(value)]),
    );
  });
});
