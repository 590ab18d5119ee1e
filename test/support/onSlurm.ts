import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { startSlurm, type SlurmCluster } from './slurmCluster.ts';

/** A suite on a real Slurm of its own; left out, and counted so, where there can be none. */
export async function onSlurm(name: string, tests: (cluster: SlurmCluster) => void): Promise<void> {
  const started = await startSlurm();
  const skip = typeof started === 'string' ? started : false;
  // A suite that is left out is not counted; this is.
  it('there is a Slurm to try', { skip }, () => {
    assert.notEqual(typeof started, 'string');
  });
  describe(name, { skip }, () => {
    if (typeof started === 'string') return;
    tests(started);
    after(() => started[Symbol.asyncDispose]());
  });
}
