import * as vscode from 'vscode';
import { addLibraryFolder } from '../settings.ts';

/** Adds a folder with models to the library's settings. */
export async function addExistingFolder(): Promise<void> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectFolders: true,
    canSelectFiles: false,
    canSelectMany: true,
    openLabel: 'Add to Library',
    title: 'A folder that holds models or patches',
  });
  for (const { fsPath } of chosen ?? []) await addLibraryFolder(fsPath);
}
