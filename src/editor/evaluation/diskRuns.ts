import { basename, dirname } from 'node:path';
import { dateOf } from '../../evaluation/results/importing/findFiles.ts';

/** An evaluation as it lies on the disk: one folder, with a folder for each column in it. */
export interface DiskRun {
  readonly folder: string;
  readonly title: string;
  /** The columns' folders: each may hold the results of several tasks, or of one task several times. */
  readonly columns: readonly string[];
  /** "2026-11-26T14-05-33.123456", of the newest; null where no name says so. */
  readonly date: string | null;
}

/** @param files results files anywhere */
export function diskRuns(files: readonly string[]): DiskRun[] {
  const runs = new Map<string, string[]>();
  for (const file of files) {
    const folder = dirname(dirname(file));
    runs.set(folder, [...(runs.get(folder) ?? []), file]);
  }
  return Array.from(runs, ([folder, own]): DiskRun => {
    const dates = own.flatMap((file) => dateOf(file) ?? []).sort();
    const columns = [...new Set(own.map((file) => dirname(file)))].sort();
    return { folder, title: basename(folder), columns, date: dates.at(-1) ?? null };
  }).sort((a, b) => ((a.date ?? '') < (b.date ?? '') ? 1 : -1));
}

/** 2026-11-26 14:05 */
export function dateInWords(date: string | null): string {
  const found = /^(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})/.exec(date ?? '');
  return found === null ? 'without a date' : `${found[1]} ${found[2]}:${found[3]}`;
}
