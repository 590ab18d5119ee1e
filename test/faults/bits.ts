/** One flipped bit, anywhere in an output: `verify` finds it. */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../src/base/errors.ts';
import { isExtraction, verifyExtraction } from '../../src/extract/verifyExtraction.ts';
import { verify } from '../../src/port/verify/verify.ts';
import { jobsOf } from './jobs.ts';
import { below, seeded } from '../support/random.ts';
import type { Scene } from './scene.ts';
import { Tally, type Row } from './table.ts';
import { startWorker } from './trial.ts';

const NEVER = new AbortController().signal;

export async function bitRows(scene: Scene, { flips, seed }: { flips: number; seed: number }): Promise<Row[]> {
  const random = seeded(seed);
  const rows: Row[] = [];
  const worker = await startWorker();
  for (const job of jobsOf(scene).filter(({ method }) => method !== 'evaluate')) {
    const out = join(scene.outputs, `bits of ${job.name}`);
    await worker.request(job.method, job.parameters(out), {}, undefined);
    const tally = new Tally(`one flipped bit: ${job.name}`);
    tally.add(await found(scene, out), 'unharmed');
    for (let i = 0; i < flips; i++) {
      const place = await anywhere(out, random, i % 2 === 0);
      await flip(place);
      const problems = await found(scene, out);
      await flip(place);
      tally.add(problems.length > 0 ? [] : ['it was not found'], `${place.path}, byte ${place.byte}, bit ${place.bit}`);
    }
    tally.add(await found(scene, out), 'as it was');
    rows.push(tally.row());
  }
  await worker.stop();
  return rows;
}

/** What verifying says; that it cannot even be read is found too. */
async function found(scene: Scene, out: string): Promise<readonly string[]> {
  try {
    if (await isExtraction(out)) return (await verifyExtraction(out, () => undefined, NEVER)).problems;
    return (await verify(out, scene.kernel, () => undefined, NEVER)).problems;
  } catch (error) {
    if (error instanceof InputError) return [error.message];
    throw error;
  }
}

interface Place {
  readonly path: string;
  readonly byte: number;
  readonly bit: number;
}

/** Each byte of the output equally likely, or each file: else the small ones are never hit. */
async function anywhere(out: string, random: () => number, byByte: boolean): Promise<Place> {
  const names = (await readdir(out)).sort();
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(out, name))).size));
  const bit = below(random, 8);
  if (!byByte) {
    const which = below(random, names.length);
    return { path: join(out, names[which] ?? ''), byte: below(random, sizes[which] ?? 0), bit };
  }
  let byte = below(
    random,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  let which = 0;
  for (; byte >= (sizes[which] ?? Infinity); which++) byte -= sizes[which] ?? 0;
  return { path: join(out, names[which] ?? ''), byte, bit };
}

async function flip({ path, byte, bit }: Place): Promise<void> {
  await using file = await open(path, 'r+');
  const one = Buffer.alloc(1);
  await file.read(one, 0, 1, byte);
  one.writeUInt8(one.readUInt8() ^ (1 << bit));
  await file.write(one, 0, 1, byte);
}
