import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { entriesOf, onlyOne } from './folders.ts';
import { namedFiles } from './splitFiles.ts';

/**
 * What `datasets` has prepared before: `<folder>/<config>/<version>/<hash>/<name>-<split>.arrow`. Of several versions
 * and hashes the one last modified, as `datasets` takes offline (packaged_modules/cache, _find_hash_in_cache).
 *
 * @param folder `…/org___name`
 * @param name as {@link snakeCase} has it
 * @throws InputError if no configuration is given and there are several
 */
export async function filesInCache(
  folder: string,
  name: string,
  config: string | undefined,
  split: string,
): Promise<readonly string[] | undefined> {
  const { folders: configs } = await entriesOf(folder);
  const chosen =
    config ??
    configs.find((each) => each === 'default') ??
    onlyOne(configs, (each) => join(folder, each), `the configuration of ${name}`);
  if (chosen === undefined) return undefined;
  const found: { files: readonly string[]; modified: number }[] = [];
  for (const version of await below(join(folder, chosen)))
    for (const prepared of await below(version)) {
      const files = await namedFiles(prepared, `${name}-`, split);
      if (files !== undefined) found.push({ files, modified: (await stat(prepared)).mtimeMs });
    }
  return found.sort((one, other) => other.modified - one.modified)[0]?.files;
}

/** What is still being written is called `….incomplete`. */
async function below(folder: string): Promise<string[]> {
  const { folders } = await entriesOf(folder);
  return folders.filter((name) => !name.endsWith('.incomplete')).map((name) => join(folder, name));
}

/** camelcase_to_snakecase of datasets/naming.py. */
export function snakeCase(name: string): string {
  return name
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
