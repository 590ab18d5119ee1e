/** Damaged files of torch's: each is read or refused, soon, and no read tensor leaves the file. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { InputError } from '../../../src/base/errors.ts';
import { DTYPE_BITS } from '../../../src/safetensors/dtypes.ts';
import { elements } from '../../../src/safetensors/shape.ts';
import { below, seeded } from '../../support/random.ts';
import { readBytes, TORCH_FILES, torchZip } from './files.ts';

const ROUNDS = Number(process.env.TORCH_FUZZ_ROUNDS ?? 40);
const SLOW_MS = 2000;

/** The same numbers for the same seed. */
function randomOf(seed: number): (end: number) => number {
  const random = seeded(seed);
  return (end) => below(random, end);
}

const INTERESTING = [
  0x00,
  0x01,
  0x7f,
  0x80,
  0xff,
  ...Buffer.from('()}]abehjqrstuRbcQXJKMN.0', 'latin1'),
  0x85,
  0x93,
  0x95,
];

function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  let mutated = Buffer.from(bytes);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(mutated.length);
    const other = random(mutated.length);
    const length = 1 + random(16);
    const kind = random(5);
    if (kind === 0) mutated[at] = random(256);
    else if (kind === 1) mutated[at] = INTERESTING[random(INTERESTING.length)]!;
    else if (kind === 2) mutated.copyWithin(at, other, other + length);
    else if (kind === 3) mutated.subarray(at, at + length).fill(random(2) * 255);
    else mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(Math.min(other, at + length))]);
    if (mutated.length === 0) return mutated;
  }
  return mutated;
}

async function check(bytes: Buffer, what: string): Promise<void> {
  const begun = performance.now();
  try {
    for (const { name, dtype, shape, begin, end } of (await readBytes(bytes)).tensors.values()) {
      assert.ok(begin >= 0 && begin <= end && end <= bytes.length, `${what}: ${name} leaves the file`);
      assert.equal(end - begin, (elements(shape) * DTYPE_BITS[dtype]) / 8, `${what}: ${name}`);
    }
  } catch (error) {
    assert.ok(error instanceof InputError, `${what}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  assert.ok(performance.now() - begun < SLOW_MS, `${what} took too long`);
}

const names = (await readdir(TORCH_FILES)).sort();

it('damaged files', { timeout: 600_000 }, async () => {
  for (const [i, name] of names.entries()) {
    const bytes = await readFile(join(TORCH_FILES, name));
    const random = randomOf(i);
    for (let round = 0; round < ROUNDS; round++) await check(mutate(bytes, random), `${name}, round ${round}`);
  }
});

// Most changes of a file only touch its padding; here each one is in the pickle.
it('damaged pickles', { timeout: 600_000 }, async () => {
  for (const [i, name] of names.filter((file) => file.includes('.zip')).entries()) {
    const bytes = await readFile(join(TORCH_FILES, name));
    const begin = bytes.indexOf(Buffer.from([0x80]));
    const length = bytes.readUInt32LE(bytes.indexOf('PK\x01\x02') + 24);
    const random = randomOf(1000 + i);
    for (let round = 0; round < ROUNDS; round++) {
      const pickle = mutate(bytes.subarray(begin, begin + length), random);
      await check(torchZip(pickle), `pickle of ${name}, round ${round}`);
    }
  }
});
