import * as vscode from 'vscode';

/** Results files, by the system's dialog. */
export async function chooseResults(title: string, openLabel = 'Compare'): Promise<string[]> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectMany: true,
    filters: { Results: ['json'] },
    openLabel,
    title,
  });
  return (chosen ?? []).map(({ fsPath }) => fsPath);
}
