import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { InputError, readError } from '../../../base/errors.ts';
import { isWithin } from '../../../base/inside.ts';
import { readYamlFile, type PythonFunction, type YamlFile } from './yamlFile.ts';
import { YamlAllowance } from './yamlLimits.ts';

const MAX_DEPTH = 20;
const MAX_INCLUDED = 100;
const MAX_NAME = 1000;

/** A task's keys with those that it includes, each with the file that it is from. */
export interface MergedYaml {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly functions: ReadonlyMap<string, PythonFunction>;
  place(path: readonly PropertyKey[]): string;
}

/**
 * lm-eval's `load_yaml` (lm_eval/tasks/_yaml_loader.py): included files in order, the file's own keys last. What is
 * included must lie in the folder of the file that was asked for, or below it.
 *
 * @throws InputError
 */
export async function readWithIncludes(path: string): Promise<MergedYaml> {
  const root = dirname(await real(path));
  const reading: Reading = { root, allowance: new YamlAllowance(), finished: new Map(), included: 0 };
  const origins = await collect(path, [], reading);
  const functions = new Map<string, PythonFunction>();
  for (const [key, file] of origins) {
    const python = file.functions.get(key);
    if (python) functions.set(key, python);
  }
  return {
    path,
    values: Object.fromEntries(Array.from(origins, ([key, file]) => [key, file.values[key]])),
    functions,
    place: (keys) => origins.get(String(keys[0]))?.place(keys) ?? path,
  };
}

/** For every key the last file that has it. */
type Origins = ReadonlyMap<string, YamlFile>;

interface Reading {
  /** The folder that everything must lie in. */
  readonly root: string;
  readonly allowance: YamlAllowance;
  /** By real path: what is included twice is read once. */
  readonly finished: Map<string, Origins>;
  /** How often anything was included. */
  included: number;
}

async function collect(path: string, above: readonly string[], reading: Reading): Promise<Origins> {
  const identity = await real(path);
  const finished = reading.finished.get(identity);
  if (finished) return finished;
  if (above.includes(identity))
    throw new InputError(`${path} includes itself${above.length > 1 ? ', by way of another file' : ''}.`);
  if (above.length >= MAX_DEPTH)
    throw new InputError(`${path}: files include one another more than ${MAX_DEPTH} deep.`);
  const file = await readYamlFile(path, reading.allowance);
  const origins = new Map<string, YamlFile>();
  for (const name of includesOf(file)) {
    if (++reading.included > MAX_INCLUDED)
      throw new InputError(`${file.place(['include'])}: more than ${MAX_INCLUDED} files are included in all.`);
    const target = await within(reading.root, path, name, file);
    for (const [key, origin] of await collect(target, [...above, identity], reading)) origins.set(key, origin);
  }
  for (const key of Object.keys(file.values))
    // A list of tasks defines those of its own file only.
    if (key !== 'include' && !(key === 'task_list' && above.length > 0)) origins.set(key, file);
  reading.finished.set(identity, origins);
  return origins;
}

function includesOf(file: YamlFile): string[] {
  const { include } = file.values;
  if (include === undefined) return [];
  const names: readonly unknown[] = Array.isArray(include) ? include : [include];
  return names.map((name) => {
    if (typeof name === 'string' && name !== '' && name.length <= MAX_NAME && !name.includes('\0')) return name;
    throw new InputError(`${file.place(['include'])}: include must be the name of a file, or a list of them.`);
  });
}

async function within(root: string, path: string, included: string, file: YamlFile): Promise<string> {
  const target = resolve(dirname(path), included);
  const place = file.place(['include']);
  const identity = isAbsolute(included) ? undefined : await real(target, `${place} includes`);
  if (identity === undefined || !isWithin(root, identity))
    throw new InputError(
      `${place}: "${included}" lies outside the folder of the task.`,
      'Copy the included file into that folder and include it by its name.',
    );
  return target;
}

async function real(path: string, before?: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw readError(error, before === undefined ? path : `what ${before}, ${path}`);
  }
}
