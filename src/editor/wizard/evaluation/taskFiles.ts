import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { TaskListing } from '../../../evaluation/run/result.ts';
import { isTask } from './taskChoices.ts';

/** Each is looked for by itself: a folder of many settings in YAML hides no file of questions. */
const PATTERNS = ['**/*.jsonl', '**/*.{yaml,yml}'];
/** Results of evaluations, and what nobody keeps tasks in. */
const EXCLUDED = '{**/node_modules/**,**/.*/**,**/samples_*.jsonl,**/portllm-evaluations/**}';
const MOST = 50;
/** Documents are counted to be shown, of the smallest files first; what is larger is chosen by the dialog. */
const MOST_BYTES = 64_000_000;

export type ListTasks = (names: readonly string[], data: string | undefined) => Promise<TaskListing[]>;

export interface TaskFile {
  readonly path: string;
  readonly listing: TaskListing;
}

/** Files of the workspace that are tasks, found by reading them. */
export async function workspaceTasks(list: ListTasks, data: string | undefined): Promise<TaskFile[]> {
  const found = await Promise.all(PATTERNS.map((pattern) => vscode.workspace.findFiles(pattern, EXCLUDED, MOST)));
  const paths = found.flat().flatMap(({ scheme, fsPath }) => (scheme === 'file' ? [fsPath] : []));
  const files = await taskFiles(await smallest(paths), list, data);
  return files.filter(({ path, listing }) => isTask(path, listing));
}

async function smallest(paths: readonly string[]): Promise<string[]> {
  const sized = await Promise.all(
    paths.map(async (path) => ({
      path,
      size: await stat(path).then(
        ({ size }) => size,
        () => Infinity,
      ),
    })),
  );
  let left = MOST_BYTES;
  return sized
    .sort((a, b) => a.size - b.size)
    .flatMap(({ path, size }) => {
      left -= size;
      return left >= 0 ? [path] : [];
    });
}

/** Files that somebody named, whatever they are. */
export async function taskFiles(
  paths: readonly string[],
  list: ListTasks,
  data: string | undefined,
): Promise<TaskFile[]> {
  if (paths.length === 0) return [];
  const listings = await list(paths, data);
  return listings.flatMap((listing, i) => {
    const path = paths[i];
    return path === undefined ? [] : [{ path, listing }];
  });
}

export async function chooseTaskFiles(): Promise<string[]> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectMany: true,
    filters: { Tasks: ['yaml', 'yml', 'jsonl', 'json', 'csv', 'tsv', 'parquet', 'arrow'] },
    title: 'A task of lm-evaluation-harness (YAML), or a file of prompts, choices and answers',
  });
  return (chosen ?? []).map(({ fsPath }) => fsPath);
}

export async function chooseDataFolder(): Promise<string | undefined> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFolders: true,
      canSelectFiles: false,
      openLabel: 'Look Here',
      title: "The folder that holds the tasks' data",
    })) ?? [];
  return folder?.fsPath;
}
