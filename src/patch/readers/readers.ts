import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import type { TensorFile } from '../../safetensors/file.ts';
import type { TensorEntry } from '../../safetensors/header.ts';
import { CONFIG_FILE, refusedSettings, unknownSettings, type AdapterConfig } from '../adapterConfig.ts';
import { isRefusal, refuse, type Change, type Group, type Read } from '../change.ts';
import { parseKey, type Role } from '../keys.ts';
import { patternValue, sharedPatternValue } from '../patterns.ts';
import { rankOf, tensorsOf } from '../recipe.ts';
import type { Refusal } from '../refusal.ts';
import { readAdalora } from './adalora.ts';
import { readExperts } from './experts.ts';
import { readIa3 } from './ia3.ts';
import { readLora } from './lora.ts';
import { readLycoris } from './lycoris.ts';
import { readBoft, readOft } from './oft.ts';
import { readSaved, readTokenRows } from './saved.ts';
import { readVera } from './vera.ts';

type Reader = (group: Group, config: AdapterConfig, groups: ReadonlyMap<string, Group>) => Read[];

/** PEFT's methods whose effect is a change of weights, each with its reader. */
const READERS: Readonly<Record<string, Reader>> = {
  LORA: readLora,
  ADALORA: readAdalora,
  LOHA: readLycoris('LoHa'),
  LOKR: readLycoris('LoKr'),
  IA3: readIa3,
  VERA: readVera,
  OFT: readOft,
  BOFT: readBoft,
  LN_TUNING: () => [],
  TRAINABLE_TOKENS: () => [],
};

export interface ReadPatch {
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
  readonly witnesses: readonly string[];
}

/** Of a dialect other than PEFT's. */
export function readDialect(reads: readonly Read[]): ReadPatch {
  const changes = reads.filter((read): read is Change => !isRefusal(read));
  return { changes, refusals: reads.filter(isRefusal), witnesses: [], warnings: [] };
}

/** Every tensor of the file becomes part of a change, or a refusal, or a witness: none is passed over. */
export function readChanges(file: TensorFile, config: AdapterConfig): ReadPatch {
  const refusals: Refusal[] = refusedSettings(config).map((reason) => refuse(CONFIG_FILE, reason));
  const groups = groupTensors(file.header.tensors.values(), refusals);
  const reader = READERS[config.peft_type ?? ''];
  if (reader === undefined)
    throw new InputError(`patches of the type ${brief(config.peft_type ?? 'unknown')} cannot be read`);
  const reads = [
    ...readExperts(groups, config),
    ...[...groups.values()].flatMap((group) => readGroup(group, config, reader, groups)),
  ];
  const changes = reads.filter((read): read is Change => !isRefusal(read));
  refusals.push(...reads.filter(isRefusal));
  const witnesses = witnessesAmong(groups);
  refusals.push(...leftOver(file.header.tensors.keys(), changes, refusals, witnesses));
  return {
    changes,
    refusals,
    witnesses,
    warnings: [...rankWarnings(changes, config), ...versionWarnings(changes, config), ...unknownSettings(config)],
  };
}

function readGroup(group: Group, config: AdapterConfig, reader: Reader, groups: ReadonlyMap<string, Group>): Read[] {
  return [...reader(group, config, groups), ...readSaved(group), ...readTokenRows(group, config)];
}

/** Every tensor must count: a second one in the same place is refused rather than dropped. */
function groupTensors(entries: Iterable<TensorEntry>, refusals: Refusal[]): Map<string, Group> {
  const groups = new Map<string, { module: string; entries: Map<Role, TensorEntry>; rules: string[] }>();
  for (const entry of entries) {
    const key = parseKey(entry.name);
    if ('reason' in key) {
      refusals.push({ tensor: entry.name, ...key });
      continue;
    }
    const group = groups.get(key.module) ?? { module: key.module, entries: new Map<Role, TensorEntry>(), rules: [] };
    groups.set(key.module, group);
    if (group.entries.has(key.role)) {
      refusals.push(refuse(entry.name, 'there is another tensor in the same place'));
      continue;
    }
    group.entries.set(key.role, entry);
    group.rules.push(...key.rules.filter((rule) => !group.rules.includes(rule)));
  }
  return groups;
}

/**
 * What changes no weight: a copy of the module before training, as raw state dictionaries hold it, the state of a method
 * that only matters in training (MonteCLoRA, VeLoRA), a counter.
 */
function witnessesAmong(groups: ReadonlyMap<string, Group>): string[] {
  return [...groups.values()].flatMap(({ entries }) =>
    [...entries].filter(([role]) => role.startsWith('original.')).map(([, { name }]) => name),
  );
}

function leftOver(
  names: Iterable<string>,
  changes: readonly Change[],
  refusals: readonly Refusal[],
  witnesses: readonly string[],
): Refusal[] {
  const used = new Set([
    ...changes.flatMap(({ recipe }) => tensorsOf(recipe)),
    ...refusals.map(({ tensor }) => tensor),
    ...witnesses,
  ]);
  return [...names].filter((name) => !used.has(name)).map((name) => refuse(name, 'nothing in its module needs it'));
}

/**
 * PEFT states its version since 0.18, and read patterns in another way before 0.14: where that gives another alpha, nobody
 * can know which one training had.
 */
function versionWarnings(changes: readonly Change[], config: AdapterConfig): string[] {
  const { alpha_pattern: alphas, rank_pattern: ranks, peft_version: version, lora_alpha: usual } = config;
  if (alphas == null || version != null || usual == null) return [];
  const olderValue = sharedPatternValue(ranks ?? {}, alphas, usual);
  const differing = changes.filter(({ module }) => olderValue(module) !== patternValue(alphas, module, usual));
  if (differing.length === 0) return [];
  return [
    `PEFT up to 0.13 read alpha_pattern in another way, which gives another scale for ${differing.length} modules ` +
      `(${brief(differing[0]?.module ?? '')}); it is read as newer versions read it.`,
  ];
}

/** The shape of lora_A is the truth; a configuration that says otherwise is reported. */
function rankWarnings(changes: readonly Change[], config: AdapterConfig): string[] {
  const different = changes.filter(({ module, recipe }) => {
    const rank = rankOf(recipe);
    if (recipe.method === 'AdaLoRA') return false;
    return rank !== null && patternValue(config.rank_pattern ?? {}, module, config.r ?? rank) !== rank;
  });
  const first = different[0];
  if (first === undefined) return [];
  return [
    `adapter_config.json states another rank than the tensors for ${different.length} modules ` +
      `(${brief(first.module)} has rank ${rankOf(first.recipe) ?? 0}); the tensors are right.`,
  ];
}
