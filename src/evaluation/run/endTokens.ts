import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from '../../base/jsonFile.ts';
import { resolveInside } from '../../checkpoint/shards.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

const CONFIG = z.looseObject({ eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish() });

/** The tokens that end a generated text: generation_config.json's, else config.json's, and the tokenizer's own. */
export async function endTokensOf(folder: string, names: ReadonlySet<string>, tokenizer: Tokenizer): Promise<number[]> {
  const tokens = new Set<number>(tokenizer.eos === undefined ? [] : [tokenizer.eos.id]);
  for (const name of ['generation_config.json', 'config.json']) {
    if (!names.has(name)) continue;
    const { eos_token_id: found } = await readJsonFile(await resolveInside(folder, name), CONFIG, join(folder, name));
    if (found == null) continue;
    for (const id of Array.isArray(found) ? found : [found]) tokens.add(id);
    break;
  }
  return [...tokens];
}
