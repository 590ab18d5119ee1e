import { CONFIG_FILE } from '../patch/adapterConfig.ts';
import { DELTA_FILE } from '../patch/readers/delta.ts';
import { PROVENANCE_FILE } from '../port/provenance.ts';

/** What the library lists. Plain data; `problem` says why a folder that looks like a model cannot be used. */
interface Listed {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly problem?: string;
}

export interface BaseModelItem extends Listed {
  readonly kind: 'baseModel';
  readonly revision: string | null;
  readonly architecture: string;
  readonly parameters: number;
  readonly dtype: string;
  readonly shards: number;
  readonly tiesEmbeddings: boolean;
}

/** What a patch asks for when it is ported. */
interface Portable {
  /** Part of it is a difference against the base that it was trained on. */
  readonly needsOldBase: boolean;
  /** It changes the embedding or the head. */
  readonly changesVocabulary: boolean;
}

export interface PatchItem extends Listed, Portable {
  readonly kind: 'patch';
  readonly baseName: string | null;
  readonly peftType: string;
  readonly modules: number;
  readonly ranks: readonly number[];
  readonly dtype: string;
}

export interface PortedModelItem extends Listed, Portable {
  readonly kind: 'portedModel';
  readonly output: 'checkpoint' | 'adapter';
  readonly patch: { readonly name: string; readonly path: string };
  readonly newBase: { readonly name: string; readonly path: string };
  /** Bases that its patch was ported onto before. */
  readonly chain: readonly { readonly name: string; readonly path: string }[];
  readonly parameters: number;
  readonly dtype: string;
}

export type LibraryItem = BaseModelItem | PatchItem | PortedModelItem;
export type ItemKind = LibraryItem['kind'];

/** Which of the three a folder is, from the names in it alone. */
export function kindOfFolder(names: ReadonlySet<string>): ItemKind | undefined {
  if (names.has(PROVENANCE_FILE)) return 'portedModel';
  if (names.has(CONFIG_FILE) || names.has(DELTA_FILE)) return 'patch';
  const weights = [...names].some((name) => /(\.safetensors|^pytorch_model.*\.bin)(\.index\.json)?$/.test(name));
  return names.has('config.json') && weights ? 'baseModel' : undefined;
}
