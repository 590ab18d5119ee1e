import * as vscode from 'vscode';
import { plainText } from '../base/plainText.ts';
import type { DiagnoseRequest } from '../diagnostics/types.ts';
import type { LibraryItem } from '../library/item.ts';
import type { LibraryNode } from './libraryTree.ts';
import { showInformation } from './messages.ts';

/** The folder a command was called on: a row of the tree, a folder of the explorer, a path, or nothing. */
export function targetFolder(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (target instanceof vscode.Uri) return target.fsPath;
  const node = target as LibraryNode | undefined;
  return node?.type === 'item' ? node.item.path : undefined;
}

/** What was diagnosed: a report's buttons know it all. */
export function diagnosedRequest(target: unknown): DiagnoseRequest | undefined {
  const isRequest = typeof target === 'object' && target !== null && 'patch' in target && 'onto' in target;
  return isRequest ? (target as DiagnoseRequest) : undefined;
}

/** The listed model or patch of the folder a command was called on. */
export function targetItem(target: unknown, items: readonly LibraryItem[]): LibraryItem | undefined {
  const folder = targetFolder(target);
  return items.find(({ path }) => path === folder);
}

/** The ported model a command was called on, or one that is chosen now. */
export async function portedFolder(target: unknown, items: readonly LibraryItem[]): Promise<string | undefined> {
  const folder = targetFolder(target);
  if (folder !== undefined) return folder;
  const ported = items.filter(({ kind }) => kind === 'portedModel');
  if (ported.length === 0) {
    void showInformation('There is no ported model yet. "PortLLM: Port Patch…" makes one.');
    return undefined;
  }
  const choices = ported.map(({ name, path }) => ({ label: plainText(name), description: path, path }));
  return (await vscode.window.showQuickPick(choices, { placeHolder: 'Which ported model?' }))?.path;
}
