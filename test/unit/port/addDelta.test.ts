/** The addition itself, in the cases that arithmetic alone would change. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noSums, TileBuffers } from '../../../src/port/addDelta.ts';

describe('W + Δ', () => {
  const bytesOf = (...bits: number[]): Uint8Array => new Uint8Array(new Uint16Array(bits).buffer);

  it('keeps negative zeros where Δ is zero, and adds elsewhere', () => {
    const bytes = bytesOf(0x8000, 0x8000, 0x3f80);
    new TileBuffers().add(bytes, 'BF16', Float32Array.of(0, 1, 1), noSums());
    assert.deepEqual(bytes, bytesOf(0x8000, 0x3f80, 0x4000));
  });

  it('keeps every bit of a tile that Δ leaves alone', () => {
    const bytes = bytesOf(0x7fc1, 0xffff, 0x8000);
    new TileBuffers().add(bytes, 'BF16', new Float32Array(3), noSums());
    assert.deepEqual(bytes, bytesOf(0x7fc1, 0xffff, 0x8000));
  });

  it('adds differences of weights without losing what float32 would', () => {
    const [saved, old] = [Math.fround(1 + 2 ** -20), Math.fround(1e-3)];
    const bytes = new Uint8Array(Float32Array.of(old).buffer);
    new TileBuffers().add(bytes, 'F32', Float64Array.of(saved - old), noSums());
    assert.equal(new Float32Array(bytes.buffer)[0], saved);
  });
});
