import * as vscode from 'vscode';
import type { EvaluationRuns } from '../evaluationRuns.ts';
import { plainText } from '../../base/plainText.ts';

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

/** What the list has, or any other by the system's dialog. */
export async function chooseRun(runs: EvaluationRuns, without: readonly string[]): Promise<readonly string[]> {
  const listed = await Promise.all(
    (await runs.list()).map(async ({ id, title, detail, status }) => ({
      label: plainText(title),
      description: status === 'running' ? 'running' : detail,
      files: status === 'running' ? [] : await runs.filesOf(id),
    })),
  );
  const others = listed.filter(({ files }) => files.length > 0 && !files.every((file) => without.includes(file)));
  const browse = { label: '$(folder-opened) Browse…', description: '', files: undefined, alwaysShow: true };
  const chosen = await vscode.window.showQuickPick([...others, browse], {
    placeHolder: 'Compare with which evaluation?',
  });
  if (chosen === undefined) return [];
  return chosen.files ?? chooseResults('Results to compare with: results_*.json, ours or of lm-evaluation-harness');
}
