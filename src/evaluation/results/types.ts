/** What an evaluation gives, as plain data: for files, for the command line, for pages. */
import type { Answer, Item, Scored } from '../types.ts';
import type { ColumnRole } from '../request.ts';
import type { Task } from '../tasks/task.ts';

/** One item with its answers. */
export interface ItemRecord {
  readonly item: Item;
  readonly answers: readonly Answer[];
  readonly scored: readonly Scored[];
}

/** One task on one column. */
export interface TaskRun {
  readonly task: Task;
  readonly fewShot: number;
  /** Documents that the split has. */
  readonly documents: number;
  /** Asked for so many; the first. */
  readonly limit: number | null;
  readonly dataFiles: readonly { readonly path: string; readonly sha256: string }[];
  readonly records: readonly ItemRecord[];
  /** False where it was stopped: `records` are those that were answered. */
  readonly complete: boolean;
  readonly seconds: number;
}

export interface PatchFacts {
  readonly path: string;
  readonly name: string;
  /** Of the tensors' file. */
  readonly sha256: string;
  /** Of whatever else says what it does: its configuration, how it is combined, the old base. */
  readonly settingsSha256: string;
  readonly scale: number;
}

/** How a column was computed. */
export interface ColumnFacts {
  readonly label: string;
  readonly role: ColumnRole | null;
  /** The path of a checkpoint, or the name of a served model. */
  readonly model: string;
  readonly modelName: string;
  readonly architecture: string;
  readonly parameters: number;
  /** Of the weights on the disk; arithmetic is float32. */
  readonly dtype: string;
  /** Of its configuration and its weight files as they were, see `modelIdentity`; null for a served model. */
  readonly modelSha256: string | null;
  readonly patches: readonly PatchFacts[];
  readonly exported: boolean;
  /** The seed of a random patch in the place of the real one. */
  readonly control: number | null;
  readonly device: string;
  /** Where the weights were; null where all answers were known, and none was needed. */
  readonly memory: string | null;
  readonly bos: string;
  readonly maxLength: number;
  readonly tokenizerSha256: string;
  readonly specialTokens: { readonly bos: string | null; readonly eos: string | null };
  /** URL without user, password and query. */
  readonly endpoint: string | null;
  readonly warnings: readonly string[];
}

export interface ColumnRun {
  readonly facts: ColumnFacts;
  readonly tasks: readonly TaskRun[];
}
