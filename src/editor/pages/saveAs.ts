import { basename } from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../base/errors.ts';
import { assertTrusted } from '../trust.ts';

/** Asks where, and writes. @throws UserError if it cannot be written */
export async function saveAs(
  suggestion: string,
  filters: Record<string, string[]>,
  content: string | Uint8Array,
): Promise<void> {
  assertTrusted('Exporting');
  const defaultUri = vscode.Uri.file(suggestion);
  const target = await vscode.window.showSaveDialog({ defaultUri, filters, saveLabel: 'Export' });
  if (target === undefined) return;
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  try {
    await vscode.workspace.fs.writeFile(target, bytes);
  } catch (error) {
    throw new UserError(`Cannot write ${target.fsPath}: ${error instanceof Error ? error.message : String(error)}`);
  }
  vscode.window.setStatusBarMessage(`PortLLM: exported to ${basename(target.fsPath)}.`, 5000);
}
