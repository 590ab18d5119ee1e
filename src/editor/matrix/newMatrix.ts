import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../base/errors.ts';
import { isThere } from '../../base/there.ts';
import type { LibraryItem } from '../../library/item.ts';
import { specText } from './specText.ts';

export const SPEC_ENDING = '.portllm-matrix.yaml';

/** A file of a matrix, with what the library has filled in; the person chooses its place. @returns nothing if they do not */
export async function newMatrix(items: readonly LibraryItem[]): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const chosen = await vscode.window.showSaveDialog({
    title: 'New Matrix',
    filters: { YAML: ['yaml'] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, `new${SPEC_ENDING}`) }),
  });
  if (chosen === undefined) return undefined;
  const file = await withEnding(chosen);
  const text = specText(items, dirname(file.fsPath));
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
  return file;
}

/** By its ending the file is known for what it is. @throws UserError if there is one of that name, which nobody was asked about */
async function withEnding(chosen: vscode.Uri): Promise<vscode.Uri> {
  if (chosen.path.endsWith(SPEC_ENDING)) return chosen;
  const file = chosen.with({ path: `${chosen.path.replace(/\.ya?ml$/, '')}${SPEC_ENDING}` });
  if (await isThere(file.fsPath)) throw new UserError(`${file.fsPath} exists already.`, 'Choose another name.');
  return file;
}
