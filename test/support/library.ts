import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAdapter, writeCheckpoint } from './fixtures.ts';
import { SAMPLES } from './paths.ts';

/** Large enough to be interrupted on any machine; sparse, so that it costs no disk before it is ported. */
const BIG = { rows: 4096, columns: 8192, tensors: 24 };

/** The samples, a model of sparse gigabytes with a patch, and a folder that only looks like a model. */
export async function makeLibrary(library: string): Promise<void> {
  await mkdir(join(library, 'broken'), { recursive: true });
  await cp(join(SAMPLES, 'models'), join(library, 'models'), { recursive: true });
  await cp(join(SAMPLES, 'patches'), join(library, 'patches'), { recursive: true });
  await cp(join(SAMPLES, 'models/storyteller-v1/config.json'), join(library, 'broken/config.json'));
  await cp(join(SAMPLES, 'tasks/mood.test.jsonl'), join(library, 'broken/model.safetensors'));
  const shape = [BIG.rows, BIG.columns];
  const modules = Array.from({ length: BIG.tensors }, (_, i) => `model.layers.${i}.mlp.up_proj`);
  const weights = Object.fromEntries(modules.map((module) => [`${module}.weight`, shape]));
  await writeCheckpoint(join(library, 'big', 'huge'), [weights], 'BF16');
  await writeAdapter(join(library, 'big', 'huge-patch'), Object.fromEntries(modules.map((module) => [module, shape])));
}
