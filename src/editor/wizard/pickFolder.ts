import { dirname, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { cacheRepository } from '../../checkpoint/shards.ts';
import { isThere } from '../../base/there.ts';
import { plainText } from '../../base/plainText.ts';
import type { LibraryItem } from '../../library/item.ts';
import { describeItem } from '../itemText.ts';
import type { StepResult } from './answers.ts';
import { pick, type Choice, type StepOutcome, type StepPosition } from './multiStep.ts';

const BROWSE = Symbol('browse');

/**
 * A choice among known folders, or any other by the system's dialog.
 *
 * @param current what was chosen before
 */
export async function pickFolder(
  at: StepPosition,
  placeholder: string,
  known: readonly Choice<string>[],
  current?: string,
): Promise<StepOutcome<string>> {
  const browse: Choice<typeof BROWSE> = { label: '$(folder-opened) Browse…', alwaysShow: true, value: BROWSE };
  const outcome = await pick<string | typeof BROWSE>(at, placeholder, [...known, browse], current);
  if (outcome === 'back' || outcome === 'cancelled') return outcome;
  if (outcome.value !== BROWSE) return { value: outcome.value };
  const [folder] =
    (await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, title: placeholder })) ?? [];
  // Closing the system's dialog goes back to the list.
  return folder === undefined ? pickFolder(at, placeholder, known, current) : { value: folder.fsPath };
}

export function itemChoice(item: LibraryItem, detail: string): Choice<string> {
  return {
    label: plainText(item.name),
    description: describeItem(item),
    detail: plainText(`${detail} · ${item.path}`),
    value: item.path,
  };
}

export function take<T>(outcome: StepOutcome<T>, keep: (value: T) => unknown): StepResult {
  if (outcome === 'back' || outcome === 'cancelled') return outcome;
  keep(outcome.value);
  return 'next';
}

/** Beside the given model; never inside the Hugging Face cache. */
export function suggestFolder(name: string, beside: string, otherwise: string): string {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const parent = cacheRepository(beside) === undefined ? dirname(beside) : (workspace ?? dirname(otherwise));
  return join(parent, name);
}

export async function problemWithFolder(text: string): Promise<string | undefined> {
  const path = text.trim();
  if (path === '') return 'A folder is needed.';
  if (!isAbsolute(path)) return 'An absolute path is needed.';
  return (await isThere(path)) ? 'It exists already; nothing is ever overwritten.' : undefined;
}
