import { basename, join, resolve } from 'node:path';
import { isPlainName } from '../../base/inside.ts';
import { filesInCache, snakeCase } from './datasetsCache.ts';
import { filesInFolder, filesInRepository, filesInSnapshots } from './hubSnapshot.ts';
import { namedFiles } from './splitFiles.ts';

export { resolveDataFiles } from './dataFiles.ts';

export interface DataQuery {
  /** "nyu-mll/glue" */
  readonly datasetPath: string | undefined;
  /** The configuration: "sst2" */
  readonly datasetName: string | undefined;
  /** "validation" */
  readonly split: string;
  /** "sst2" */
  readonly taskName: string;
}

type Found = Promise<readonly string[] | undefined>;

/** Loaders of lm-eval tasks whose data are named by data_files. */
const BUILDERS = new Set(['json', 'csv', 'parquet', 'arrow', 'text', 'pandas', 'xml']);

/**
 * Files of one split, in order, below `folder`; undefined if none. For "nyu-mll/glue", "sst2" the first of these that
 * has the split, where * is any ending and every data set may also be in shards (validation-00000-of-00002.parquet):
 *
 * 1. `<task>/`, then `<task>_validation.*`
 * 2. `glue/`: by its card, `sst2/`, then `glue/` itself; then the same in `nyu-mll/glue/`
 * 3. `sst2/`
 * 4. the folder itself, if it is called as the task, `sst2` or `glue`
 * 5. a cache of the hub, here or in hub/: `datasets--nyu-mll--glue/snapshots/<commit>/`
 * 6. a cache of `datasets`, here or in datasets/: `nyu-mll___glue/sst2/<version>/<hash>/glue-validation.arrow`
 *
 * In a folder: what save_to_disk wrote; `validation.*`; `data/validation.*`; all files of `validation/`. The split's own
 * name comes before dev, val and valid, which mean validation.
 *
 * @throws InputError if two are equally good, or shards are missing
 */
export async function findData(folder: string, query: DataQuery): Promise<readonly string[] | undefined> {
  for (const find of [...besideEachOther(folder, query), ...inCaches(folder, query)]) {
    const files = await find();
    if (files !== undefined) return files;
  }
  return undefined;
}

function besideEachOther(folder: string, query: DataQuery): (() => Found)[] {
  const { split, taskName: task } = query;
  const config = plain(query.datasetName);
  const { organisation, dataset } = partsOf(query.datasetPath);
  const repositories: string[][] = [];
  if (dataset !== undefined) repositories.push([dataset]);
  if (dataset !== undefined && organisation !== undefined) repositories.push([organisation, dataset]);
  const own = [task, config, dataset].includes(basename(resolve(folder)));
  return [
    async () => (isPlainName(task) ? filesInFolder(join(folder, task), split) : undefined),
    async () => (isPlainName(task) ? namedFiles(folder, `${task}_`, split) : undefined),
    ...repositories.flatMap((parts) => [
      () => filesInRepository(join(folder, ...parts), config, split),
      () => filesInFolder(join(folder, ...parts), split),
    ]),
    async () => (config === undefined ? undefined : filesInFolder(join(folder, config), split)),
    async () => (own ? ((await filesInRepository(folder, config, split)) ?? filesInFolder(folder, split)) : undefined),
  ];
}

function inCaches(folder: string, query: DataQuery): (() => Found)[] {
  const { organisation, dataset } = partsOf(query.datasetPath);
  if (dataset === undefined) return [];
  const config = plain(query.datasetName);
  const snake = snakeCase(dataset);
  const owner = organisation === undefined ? [] : [organisation];
  const repository = ['datasets', ...owner, dataset].join('--');
  const prepared = [...owner, snake].join('___');
  return [
    ...['', 'hub'].map((part) => () => filesInSnapshots(join(folder, part, repository), config, query.split)),
    ...['', 'datasets'].map((part) => () => filesInCache(join(folder, part, prepared), snake, config, query.split)),
  ];
}

function partsOf(path: string | undefined): { organisation?: string; dataset?: string } {
  const parts = path === undefined || BUILDERS.has(path) ? [] : path.split('/');
  const [first, second, ...others] = parts;
  if (first === undefined || others.length > 0 || !parts.every(isPlainName)) return {};
  return second === undefined ? { dataset: first } : { organisation: first, dataset: second };
}

function plain(name: string | undefined): string | undefined {
  return name !== undefined && isPlainName(name) ? name : undefined;
}
