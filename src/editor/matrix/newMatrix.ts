import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { LibraryItem } from '../../library/item.ts';
import { specText } from './specText.ts';

export const SPEC_ENDING = '.portllm-matrix.yaml';

/** A file of a matrix, with what the library has filled in; the person chooses its place. @returns nothing if they do not */
export async function newMatrix(items: readonly LibraryItem[]): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({
    title: 'New Matrix',
    filters: { Matrix: ['portllm-matrix.yaml'] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, `new${SPEC_ENDING}`) }),
  });
  if (file === undefined) return undefined;
  const text = specText(items, dirname(file.fsPath));
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
  return file;
}
