/** What can be told of safetensors from headers and configurations alone. Plain data; the page's types too. */

export interface GlanceTensor {
  readonly name: string;
  /** Null, as its shape, where the index promises a tensor that no file was found to hold. */
  readonly dtype: string | null;
  readonly shape: readonly number[] | null;
  readonly parameters: number;
  readonly bytes: number;
  /** The name of its file in the folder. */
  readonly file: string;
}

export interface GlanceFile {
  readonly name: string;
  readonly tensors: number;
  /** Of the whole file; 0 where it cannot be read. */
  readonly bytes: number;
  readonly problem: string | null;
}

export interface DtypeShare {
  readonly dtype: string;
  readonly tensors: number;
  readonly parameters: number;
  readonly bytes: number;
}

/** What the file changes when it is a patch. */
export interface PatchFacts {
  /** LORA, or who wrote it where its configuration names no type. */
  readonly method: string;
  readonly dialect: string;
  readonly baseName: string | null;
  readonly modules: number;
  readonly ranks: readonly number[];
  readonly alphas: readonly number[];
  readonly scalings: readonly number[];
  /** As the configuration has it: names, or a pattern. */
  readonly targets: string | null;
  readonly needsOldBase: boolean;
  /** The adapter folder; null where the patch is a single file. */
  readonly folder: string | null;
}

export interface GlanceSummary {
  readonly path: string;
  readonly name: string;
  readonly kind: 'file' | 'index';
  readonly tensors: number;
  /** How many of them were not found. */
  readonly missing: number;
  readonly parameters: number;
  /** Of the tensors themselves. */
  readonly bytes: number;
  readonly dtypes: readonly DtypeShare[];
  readonly files: readonly GlanceFile[];
  readonly metadata: readonly (readonly [key: string, value: string])[];
  readonly architecture: string | null;
  readonly patch: PatchFacts | null;
  /** The index that this file is a shard of, by its name in the folder. */
  readonly index: string | null;
  readonly warnings: readonly string[];
}

export interface GroupRow {
  readonly type: 'group';
  /** What the names of its tensors begin with, to a dot. */
  readonly id: string;
  readonly label: string;
  readonly tensors: number;
  readonly parameters: number;
  readonly bytes: number;
}

export interface TensorRow {
  readonly type: 'tensor';
  readonly label: string;
  readonly tensor: GlanceTensor;
}

export type Row = GroupRow | TensorRow;

/** Some of the rows below a group, or of those that were found. */
export interface RowPage {
  readonly from: number;
  readonly total: number;
  readonly rows: readonly Row[];
}
