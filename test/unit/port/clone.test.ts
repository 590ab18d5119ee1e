/** A port on a file system that clones files: bytes that no delta touches take no room. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { chmod, mkdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { port } from '../../../src/port/port.ts';
import { verify } from '../../../src/port/verify/verify.ts';
import { writeAdapter, writeCheckpoint } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
/** XFS takes no less. */
const DISK_BYTES = 512 * 1024 * 1024;
const MODULE = 'model.layers.0.self_attn.q_proj';
/** 32 MB of float32 that nothing touches, and 64 KB that the patch does. */
const EMBEDDING: readonly number[] = [65_536, 128];
const LINEAR: readonly number[] = [128, 128];

function ran(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

describe('on a file system that clones', () => {
  let kernel: OrtKernel;
  before(async () => {
    kernel = await OrtKernel.create('cpu');
  });
  after(() => kernel.release());

  it('writes only what the patch touches', async (test) => {
    await using folder = await temporaryFolder();
    const [image, disk] = [join(folder.path, 'image'), join(folder.path, 'disk')];
    await mkdir(disk);
    spawnSync('touch', [image]);
    truncateSync(image, DISK_BYTES);
    if (!ran('mkfs.xfs', '-q', '-m', 'reflink=1', image) || !ran('mount', '-o', 'loop', image, disk)) {
      test.skip('needs mkfs.xfs, and the right to mount');
      return;
    }
    try {
      await portOn(disk, folder.path);
    } finally {
      ran('umount', disk);
    }
  });

  async function portOn(disk: string, elsewhere: string): Promise<void> {
    const [onto, patch] = [join(disk, 'base'), join(disk, 'patch')];
    await writeCheckpoint(onto, [{ 'model.embed_tokens.weight': EMBEDDING, [`${MODULE}.weight`]: LINEAR }]);
    await writeAdapter(patch, { [MODULE]: LINEAR });
    // As in the Hugging Face cache of a group; a clone has its source's mode.
    await chmod(join(onto, 'model.safetensors'), 0o444);
    const request = { patch, onto, as: 'checkpoint' as const, scale: 1 };
    const before = await freeBytes(disk);
    const { folder } = await port({ ...request, out: join(disk, 'out') }, kernel, 'test', () => undefined, NEVER);
    const taken = before - (await freeBytes(disk));
    assert.ok(taken < 2_000_000, `${taken} bytes were taken`);
    const plain = await port({ ...request, out: join(elsewhere, 'out') }, kernel, 'test', () => undefined, NEVER);
    const [cloned, copied] = await Promise.all(
      [folder, plain.folder].map((path) => readFile(join(path, 'model.safetensors'))),
    );
    assert.ok(cloned?.equals(copied ?? Buffer.of()));
    assert.equal((await stat(join(folder, 'model.safetensors'))).mode & 0o777, 0o644);
    assert.deepEqual((await verify(folder, kernel, () => undefined, NEVER)).problems, []);
  }
});

async function freeBytes(disk: string): Promise<number> {
  ran('sync', '-f', disk);
  const { bavail, bsize } = await statfs(disk);
  return bavail * bsize;
}
