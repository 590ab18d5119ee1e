/** Numbers as people read them, and the meter behind every progress bar. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatBytes, formatCount, formatDuration, formatProgress, plural } from '../../../src/base/format.ts';
import { ProgressMeter, type Progress } from '../../../src/base/progress.ts';

describe('format', () => {
  it('bytes in decimal units', () =>
    assert.deepEqual([0, 999, 1000, 999_600, 14_483_498_224].map(formatBytes), [
      '0 B',
      '999 B',
      '1.00 kB',
      '1.00 MB',
      '14.5 GB',
    ]));
  it('counts', () => assert.deepEqual([512, 1_443_456, 7_241_732_096].map(formatCount), ['512', '1.44M', '7.24B']));
  it('durations', () =>
    assert.deepEqual([0.2, 59, 61, 3700].map(formatDuration), ['1 s', '59 s', '1 min 1 s', '1 h 1 min']));
  it('plurals', () => assert.deepEqual([plural(1, 'tensor'), plural(2, 'tensor')], ['1 tensor', '2 tensors']));
});

describe('ProgressMeter', () => {
  it('gives rate and remaining time, and does not flood', () => {
    let now = 0;
    const seen: Progress[] = [];
    const meter = new ProgressMeter(
      'Porting',
      { bytes: 1000, tensors: 10 },
      (progress) => seen.push(progress),
      () => now,
    );
    for (let i = 0; i < 10; i++) {
      now += 50;
      meter.addBytes(50);
      meter.addTensor();
    }
    assert.ok(seen.length >= 4 && seen.length <= 8, String(seen.length));
    const last = seen.at(-1);
    assert.deepEqual([last?.bytesDone, last?.tensorsDone, last?.rate, last?.secondsLeft], [500, 10, 1000, 0.5]);
    assert.equal(last && formatProgress(last), 'Porting: 10/10 tensors · 500 B of 1.00 kB · 1.00 kB/s · 1 s left');
  });
});
