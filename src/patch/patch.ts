import { basename } from 'node:path';
import { InputError } from '../base/errors.ts';
import { sha256OfFile } from '../base/hash.ts';
import { listFolder } from '../checkpoint/checkpoint.ts';
import { resolveInside } from '../checkpoint/shards.ts';
import { isFloatDtype, type FloatDtype } from '../safetensors/dtypes.ts';
import { SafetensorsFile } from '../safetensors/file.ts';
import type { TensorEntry } from '../safetensors/header.ts';
import {
  CONFIG_FILE,
  readAdapterConfig,
  refusedSettings,
  unknownSettings,
  type AdapterConfig,
} from './adapterConfig.ts';
import { parseKey, type FactorKey, type RefusedKey } from './keys.ts';
import { patternValue } from './patterns.ts';
import type { Refusal } from './refusal.ts';

export const ADAPTER_FILE = 'adapter_model.safetensors';

/** One patched module: Δ = scaling · B @ A, with A [rank, in] and B [out, rank]. */
export interface LoraModule {
  /** As PEFT names it, without `base_model.model.`: model.layers.0.self_attn.q_proj */
  readonly module: string;
  readonly a: TensorEntry & { readonly dtype: FloatDtype };
  readonly b: TensorEntry & { readonly dtype: FloatDtype };
  /** Embedding factors: Δ is transposed, [vocabulary, dimension]. */
  readonly embedding: boolean;
  readonly rank: number;
  readonly alpha: number;
  /** α/r, or α/√r with rsLoRA. */
  readonly scaling: number;
  /** How the names of the factors were mended. */
  readonly rules: readonly string[];
}

export interface PatchIdentity {
  readonly path: string;
  readonly name: string;
  readonly baseName: string | null;
  readonly bytes: number;
  readonly configSha256: string;
  readonly sha256: string;
}

/** A PEFT LoRA adapter folder, read as far as names, shapes and settings go. */
export interface Patch {
  readonly folder: string;
  readonly config: AdapterConfig;
  readonly file: SafetensorsFile;
  readonly names: ReadonlySet<string>;
  readonly modules: readonly LoraModule[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
}

/** @throws InputError if the folder is no LoRA adapter with safetensors weights. The caller closes `file`. */
export async function openPatch(folder: string): Promise<Patch> {
  const names = await listFolder(folder);
  if (!names.has(CONFIG_FILE)) throw new InputError(`${folder} is not a patch: it has no adapter_config.json.`);
  const config = await readAdapterConfig(folder);
  if (!names.has(ADAPTER_FILE)) throw new InputError(`${folder} has no ${ADAPTER_FILE}.`, hintWithoutWeights(names));
  const file = await SafetensorsFile.open(await resolveInside(folder, ADAPTER_FILE));
  try {
    return { folder, file, names, config, ...readModules(file, config) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The ranks that occur, ascending. */
export function ranksOf({ modules }: Patch): number[] {
  return [...new Set(modules.map(({ rank }) => rank))].sort((a, b) => a - b);
}

/** The patch's own hash, which the provenance stands on; read through the open handle, in pieces. */
export async function identifyPatch(patch: Patch): Promise<PatchIdentity> {
  return {
    path: patch.folder,
    name: basename(patch.folder),
    baseName: patch.config.base_model_name_or_path ?? null,
    bytes: patch.file.header.fileBytes,
    configSha256: await sha256OfFile(await resolveInside(patch.folder, CONFIG_FILE)),
    sha256: await patch.file.sha256(),
  };
}

function hintWithoutWeights(names: ReadonlySet<string>): string | undefined {
  return names.has('adapter_model.bin')
    ? 'It has adapter_model.bin, a pickle, which is never opened. Load it with PEFT and save it as safetensors.'
    : undefined;
}

interface Halves {
  a?: TensorEntry;
  b?: TensorEntry;
  embedding: boolean;
  rules: readonly string[];
}

function readModules(file: SafetensorsFile, config: AdapterConfig): Pick<Patch, 'modules' | 'refusals' | 'warnings'> {
  const refusals: Refusal[] = refusedSettings(config).map((reason) => ({
    tensor: CONFIG_FILE,
    kind: 'unportable',
    reason,
  }));
  const halves = new Map<string, Halves>();
  for (const entry of file.header.tensors.values()) {
    const key = parseKey(entry.name);
    const refusal = 'reason' in key ? key : addHalf(halves, key, entry);
    if (refusal) refusals.push({ tensor: entry.name, ...refusal });
  }
  const modules: LoraModule[] = [];
  const warnings: string[] = [];
  for (const [module, half] of halves) {
    const pair = pairFactors(module, half, config);
    if ('reason' in pair) refusals.push(pair);
    else modules.push(pair);
  }
  warnings.push(...rankWarnings(modules, config), ...unknownSettings(config));
  return { modules, refusals, warnings };
}

/** Every tensor must count: a second factor in the same place is refused rather than dropped. */
function addHalf(halves: Map<string, Halves>, key: FactorKey, entry: TensorEntry): RefusedKey | undefined {
  const half = halves.get(key.module) ?? { embedding: key.embedding, rules: [] };
  const place = key.factor === 'A' ? 'a' : 'b';
  if (half.embedding !== key.embedding || half[place] !== undefined)
    return { kind: 'unportable', reason: 'there is another factor for the same module' };
  const rules = [...new Set([...half.rules, ...key.rules])];
  halves.set(key.module, { ...half, rules, [place]: entry });
  return undefined;
}

function pairFactors(module: string, { a, b, embedding, rules }: Halves, config: AdapterConfig): LoraModule | Refusal {
  const refuse = (entry: TensorEntry | undefined, reason: string): Refusal => ({
    tensor: entry?.name ?? module,
    kind: 'unportable',
    reason,
  });
  if (a === undefined || b === undefined) return refuse(a ?? b, `its partner lora_${a ? 'B' : 'A'} is missing`);
  if (!hasFloats(a)) return refuse(a, `its dtype ${a.dtype} is not a float that can be computed with`);
  if (!hasFloats(b)) return refuse(b, `its dtype ${b.dtype} is not a float that can be computed with`);
  const [rank] = a.shape;
  if (rank === undefined || a.shape.length !== 2 || b.shape.length !== 2)
    return refuse(a, 'only factors with two dimensions are supported yet (no convolutions)');
  if (rank === 0 || b.shape[1] !== rank)
    return refuse(b, `its shape [${b.shape.join(', ')}] does not fit lora_A's [${a.shape.join(', ')}]`);
  if (rank > Math.max(a.shape[1] ?? 0, b.shape[0] ?? 0))
    return refuse(a, `its rank ${rank} is larger than the weight it would patch`);
  const alpha = patternValue(config.alpha_pattern ?? {}, module, config.lora_alpha ?? NaN);
  const scaling = alpha / (config.use_rslora === true ? Math.sqrt(rank) : rank);
  return { module, a, b, embedding, rank, alpha, scaling, rules };
}

function hasFloats(entry: TensorEntry): entry is TensorEntry & { dtype: FloatDtype } {
  return isFloatDtype(entry.dtype);
}

/** The shape of lora_A is the truth; a configuration that says otherwise is reported. */
function rankWarnings(modules: readonly LoraModule[], config: AdapterConfig): string[] {
  const different = modules.filter(
    ({ module, rank }) => patternValue(config.rank_pattern ?? {}, module, config.r ?? rank) !== rank,
  );
  const first = different[0];
  if (first === undefined) return [];
  return [
    `adapter_config.json states another rank than the tensors for ${different.length} modules ` +
      `(${first.module} has rank ${first.rank}); the tensors are right.`,
  ];
}
