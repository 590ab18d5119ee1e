/** Which records of parts go together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertTogether, isCurrent, missingParts, usualDevice, type PartRecord } from '../../../src/base/partRecord.ts';

const record = (device: string, more: Partial<PartRecord> = {}): PartRecord => ({
  ...{ name: 'Part 1', key: `of ${device}`, portllm: '2', device, host: 'a' },
  ...more,
});

describe('records of parts', () => {
  it('are mostly of one device, those of other versions left out', () => {
    const old = ['slow', 'slow', 'slow'].map((device) => record(device, { portllm: '1' }));
    assert.equal(usualDevice([record('slow'), record('fast'), record('fast'), ...old], '2'), 'fast');
    assert.equal(usualDevice(old, '2'), undefined);
  });

  it('need not be computed again where version, device and key are those of now', () => {
    const wanted = { device: 'fast', key: 'of fast', toolVersion: '2' };
    assert.equal(isCurrent(record('fast'), wanted), true);
    for (const other of [{ portllm: '1' }, { device: 'slow' }, { key: 'of something' }])
      assert.equal(isCurrent(record('fast', other), wanted), false, JSON.stringify(other));
    const parts = [record('fast'), record('fast', { portllm: '1' })].map((one, at) => ({
      ...one,
      part: { index: at + 1, count: 3 },
    }));
    assert.deepEqual(missingParts(parts, 3, wanted), [2, 3]);
    assert.deepEqual(missingParts(parts, 2, wanted), [1, 2], 'of another division');
  });

  it('that do not go together are said by name and host', () => {
    const keyOn = (device: string): string => `of ${device}`;
    assert.equal(assertTogether([record('fast'), record('fast')], keyOn, '2'), 'fast');
    assert.equal(assertTogether([], keyOn, '2'), undefined);
    assert.throws(
      () => assertTogether([record('fast', { portllm: '1' })], keyOn, '2'),
      /^InputError: Part 1 \(of a\) was written by/,
    );
    assert.throws(
      () => assertTogether([record('fast'), record('slow')], keyOn, '2'),
      /was computed on slow, .* on fast/,
    );
    assert.throws(() => assertTogether([record('fast', { key: 'x' })], keyOn, '2'), /was written from other files/);
  });
});
