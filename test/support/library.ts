import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBigPair } from './fixtures.ts';
import { SAMPLES } from './paths.ts';

/** Large enough to be interrupted on any machine. */
const BIG = { rows: 4096, columns: 8192, tensors: 24, firstApart: true };

/** The samples with one task, a model of sparse gigabytes with a patch, and a folder that only looks like a model. */
export async function makeLibrary(library: string): Promise<void> {
  await mkdir(join(library, 'broken'), { recursive: true });
  await cp(join(SAMPLES, 'models'), join(library, 'models'), { recursive: true });
  await cp(join(SAMPLES, 'patches'), join(library, 'patches'), { recursive: true });
  await cp(join(SAMPLES, 'tasks/kind.test.jsonl'), join(library, 'tasks/kind.test.jsonl'));
  await cp(join(SAMPLES, 'models/storyteller-v1/config.json'), join(library, 'broken/config.json'));
  await cp(join(SAMPLES, 'tasks/mood.test.jsonl'), join(library, 'broken/model.safetensors'));
  await writeBigPair(join(library, 'big', 'huge'), join(library, 'big', 'huge-patch'), BIG);
}
