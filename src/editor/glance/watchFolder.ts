import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';

/** Programs write a file in many steps. */
const SETTLED_MS = 400;

/** Tells, once it has settled, that one of a folder's files was written, made or removed. */
export function watchFolder(
  folder: string,
  isMeant: (name: string) => boolean,
  onChange: () => void,
): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(folder), '*'));
  let timer: NodeJS.Timeout | undefined;
  const seen = ({ fsPath }: vscode.Uri): void => {
    if (dirname(fsPath) !== folder || !isMeant(basename(fsPath))) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLED_MS);
  };
  return vscode.Disposable.from(
    watcher,
    watcher.onDidChange(seen),
    watcher.onDidCreate(seen),
    watcher.onDidDelete(seen),
    { dispose: () => clearTimeout(timer) },
  );
}
