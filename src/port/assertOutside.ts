import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { InputError } from '../base/errors.ts';
import { isWithin } from '../base/inside.ts';
import type { PortRequest } from './plan/planTypes.ts';

/** @throws InputError if the output would lie inside one of the inputs, or in the Hugging Face cache */
export async function assertOutside({
  patch,
  plus = [],
  onto,
  from,
  out,
}: Pick<PortRequest, 'patch' | 'plus' | 'onto' | 'from' | 'out'>): Promise<void> {
  const target = await realTarget(resolve(out));
  for (const source of [patch, ...plus.map((other) => other.patch), onto, ...(from === undefined ? [] : [from])]) {
    if (isWithin(await realpath(source), target))
      throw new InputError(
        `${out} lies inside ${source}, which is an input.`,
        'Choose a folder outside of all inputs: they stay as they are.',
      );
  }
  if (target.split(sep).some((part) => part.startsWith('models--')))
    throw new InputError(`${out} lies inside the Hugging Face cache.`, 'Choose a folder of your own.');
}

/** The target with the links of its nearest existing parent resolved. */
async function realTarget(target: string): Promise<string> {
  const parent = dirname(target);
  if (parent === target) return target;
  const real = await realpath(parent).catch(() => realTarget(parent));
  return join(real, basename(target));
}
