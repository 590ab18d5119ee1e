import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatInteger,
  formatInterval,
  formatPValue,
  formatWithError,
} from '../../../../src/evaluation/statistics/format.ts';

describe('numbers with their errors', () => {
  it('are percentages of one decimal, or of as many as the error needs', () => {
    assert.equal(formatWithError(0.868, 0.015), '86.8 ± 1.5');
    assert.equal(formatWithError(0.5634, 0.0592), '56.3 ± 5.9');
    assert.equal(formatWithError(0.868, 0.0081), '86.8 ± 0.8');
    assert.equal(formatWithError(0.8681, 0.00052), '86.81 ± 0.05');
    assert.equal(formatWithError(0.5, 0.12), '50.0 ± 12.0');
    assert.equal(formatWithError(1, 0), '100.0 ± 0.0');
    assert.equal(formatWithError(0.868, undefined), '86.8');
  });

  it('have errors of two digits where they are no percentages', () => {
    assert.equal(formatWithError(12.3456, 0.214, 'plain'), '12.35 ± 0.21');
    assert.equal(formatWithError(1234.5, 15.2, 'plain'), '1235 ± 15');
    assert.equal(formatWithError(1234.5, 152, 'plain'), '1235 ± 152');
    assert.equal(formatWithError(0.012345, 0.00012, 'plain'), '0.01235 ± 0.00012');
    assert.equal(formatWithError(12.3456, undefined, 'plain'), '12.35');
  });

  it('are intervals, without a negative zero', () => {
    assert.equal(formatInterval({ low: -0.0123, high: 0.0342 }), '[-1.2, 3.4]');
    assert.equal(formatInterval({ low: -0.0001, high: 0.1 }), '[0.0, 10.0]');
    assert.equal(formatInterval({ low: 0.561, high: 0.8, }, 'plain'), '[0.56, 0.80]'); // prettier-ignore
    assert.equal(formatInterval({ low: 0, high: 0 }), '[0.0, 0.0]');
  });

  it('are p-values', () => {
    assert.equal(formatPValue(0.03219), 'p = 0.032');
    assert.equal(formatPValue(0.00012), 'p = 0.00012');
    assert.equal(formatPValue(1), 'p = 1');
    assert.equal(formatPValue(0.00009), 'p < 0.0001');
  });

  it('have commas between thousands', () => {
    assert.deepEqual([7, 999, 1000, 100000, 1234567].map(formatInteger), ['7', '999', '1,000', '100,000', '1,234,567']); // prettier-ignore
  });
});
