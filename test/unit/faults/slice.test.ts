/** A short, seeded part of `npm run test:faults`; the whole is run by hand and stands in bench/results/faults.md. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bitRows } from '../../faults/bits.ts';
import { appearingRows, diskRows, rivalRows, sourceRows } from '../../faults/disk.ts';
import { fuzzRows } from '../../faults/fuzz/fuzz.ts';
import { killRows } from '../../faults/kill.ts';
import { longLife } from '../../faults/longLife.ts';
import { networkRows } from '../../faults/network.ts';
import { realDiskRows } from '../../faults/realDisk.ts';
import { Scene } from '../../faults/scene.ts';
import type { Row } from '../../faults/table.ts';
import { workerRows } from '../../faults/worker.ts';

const SEED = 7;

const SECTIONS: Readonly<Record<string, (scene: Scene) => Promise<readonly Row[]>>> = {
  'jobs that are killed lose nothing, and go on': (scene) =>
    killRows(scene, { instants: 5, operations: 6, seed: SEED }),
  'disks that say no end a job in words': (scene) => diskRows(scene, { tries: 1, seed: SEED }),
  'sources that change or vanish are noticed': (scene) => sourceRows(scene, { tries: 1, seed: SEED }),
  'two jobs for one output do not meet': (scene) => rivalRows(scene, { tries: 2, seed: SEED }),
  'a target that appears is not replaced': (scene) => appearingRows(scene, { tries: 2, seed: SEED }),
  'a disk that is really full': (scene) => realDiskRows(scene, { tries: 1 }),
  'a worker that dies, hangs or speaks another language': () => workerRows({ tries: 1 }),
  'verify finds one flipped bit': (scene) => bitRows(scene, { flips: 12, seed: SEED }),
  'no socket is opened': (scene) => networkRows(scene),
  'a session of many jobs does not grow': async (scene) => (await longLife(scene, { jobs: 40 })).rows,
  'twenty thousand mutated files are read or refused': () => fuzzRows({ inputs: 20_000, seed: SEED }),
};

describe('faults', () => {
  for (const [name, section] of Object.entries(SECTIONS))
    it(name, async () => {
      await using scene = await Scene.create();
      const rows = await section(scene);
      assert.ok(rows.some(({ tries }) => tries > 0));
      for (const { fault, lost } of rows) assert.equal(lost, 0, `${fault}: the lines above say what was lost`);
    });
});
