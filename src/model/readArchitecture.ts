import { InputError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Architecture } from './architecture.ts';
import { readDecoderConfig } from './config.ts';
import { FAMILIES } from './families/families.ts';
import { isHeadTied } from './tiedHead.ts';

/** @throws InputError if the network cannot be built from config.json, naming what can */
export async function readArchitecture(
  checkpoint: Pick<Checkpoint, 'folder' | 'config' | 'tensors'>,
): Promise<Architecture> {
  const { config, folder } = checkpoint;
  const family = Object.hasOwn(FAMILIES, config.architecture) ? FAMILIES[config.architecture] : undefined;
  if (family === undefined)
    throw new InputError(
      `${folder}: ${config.architecture} is not an architecture that can be evaluated here.`,
      `These are: ${Object.keys(FAMILIES).join(', ')}. Others can be evaluated on a server: --endpoint.`,
    );
  if (config.quantization !== undefined && config.float8Block === undefined)
    throw new InputError(
      `${folder} is quantised (${config.quantization}), which cannot be evaluated here.`,
      'Use the 16-bit checkpoint; block-scaled FP8 can be read. Others can be evaluated on a server: --endpoint.',
    );
  const read = { name: config.architecture, config: await readDecoderConfig(folder), model: config };
  const architecture = naming(folder, () => family(read));
  return { ...architecture, tied: await isHeadTied(checkpoint) };
}

/** What is wrong in a config.json is said with its folder: an evaluation may have several models. */
function naming<T>(folder: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${folder}: ${error.message}`, error.hint, { cause: error });
  }
}
