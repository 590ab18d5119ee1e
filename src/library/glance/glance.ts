import { basename, dirname } from 'node:path';
import { problemText, UserError } from '../../base/errors.ts';
import { listFolder } from '../../checkpoint/checkpoint.ts';
import { readConfig } from '../../checkpoint/config.ts';
import { openFile, openIndex, type OpenedFiles } from './openFiles.ts';
import { patchFacts } from './patchFacts.ts';
import type { DtypeShare, GlanceSummary, GlanceTensor, PatchFacts } from './types.ts';

/** A safetensors file, or an index of some, as far as headers and configurations tell. */
export interface Glance {
  readonly summary: GlanceSummary;
  readonly tensors: readonly GlanceTensor[];
}

const INDEX_ENDING = '.safetensors.index.json';

/** Reads headers and configurations; what lies beside the file is told as far as it can be read. @throws InputError */
export async function openGlance(path: string): Promise<Glance> {
  const folder = dirname(path);
  const names = await listFolder(folder);
  const opened = path.endsWith(INDEX_ENDING) ? await openIndex(path, names) : await openFile(path);
  const [config, patch] = await Promise.all([
    told(names.has('config.json') ? readConfig(folder) : Promise.resolve(undefined)),
    told(patchFacts(path, names, new Set(opened.tensors.map(({ name }) => name)))),
  ]);
  const asPatch = patch.problem === undefined ? [] : [`It cannot be used as a patch. ${patch.problem}`];
  const warnings = [...opened.warnings, ...(config.problem === undefined ? [] : [config.problem]), ...asPatch];
  const facts = { architecture: config.value?.architecture ?? null, patch: patch.value ?? null, warnings };
  return { summary: summarise(path, opened, indexOf(path, names), facts), tensors: opened.tensors };
}

interface Told<T> {
  readonly value?: T;
  readonly problem?: string;
}

/** What stands in the way of a part of the page is a line of it. */
async function told<T>(reading: Promise<T>): Promise<Told<T>> {
  try {
    return { value: await reading };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: problemText(error) };
  }
}

function summarise(
  path: string,
  { kind, tensors, files, metadata }: OpenedFiles,
  index: string | null,
  facts: { architecture: string | null; patch: PatchFacts | null; warnings: readonly string[] },
): GlanceSummary {
  const dtypes = sharesOf(tensors);
  return {
    path,
    name: basename(path),
    kind,
    tensors: tensors.length,
    missing: tensors.filter(({ dtype }) => dtype === null).length,
    parameters: dtypes.reduce((sum, { parameters }) => sum + parameters, 0),
    bytes: dtypes.reduce((sum, { bytes }) => sum + bytes, 0),
    dtypes,
    files,
    metadata,
    index,
    ...facts,
  };
}

/** The largest first. */
function sharesOf(tensors: readonly GlanceTensor[]): DtypeShare[] {
  const shares = new Map<string, { dtype: string; tensors: number; parameters: number; bytes: number }>();
  for (const { dtype, parameters, bytes } of tensors) {
    if (dtype === null) continue;
    const share = shares.get(dtype) ?? { dtype, tensors: 0, parameters: 0, bytes: 0 };
    share.tensors++;
    share.parameters += parameters;
    share.bytes += bytes;
    shares.set(dtype, share);
  }
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes);
}

/** model-00001-of-00003.safetensors is a shard of model.safetensors.index.json, if that is there. */
function indexOf(path: string, names: ReadonlySet<string>): string | null {
  const [, stem] = /^(.+)-\d+-of-\d+\.safetensors$/.exec(basename(path)) ?? [];
  const index = `${stem}${INDEX_ENDING}`;
  return stem !== undefined && names.has(index) ? index : null;
}
