import * as vscode from 'vscode';
import { CancelledError, UserError } from '../base/errors.ts';
import { showErrorMessage } from './messages.ts';

const SHOW_LOG = 'Show Log';

/**
 * Shows what a person can act on plainly; a bug goes to the log with its stack. Cancelling is no error.
 *
 * @returns which of the actions was chosen
 */
export async function showError(
  error: unknown,
  log: vscode.LogOutputChannel,
  ...actions: string[]
): Promise<string | undefined> {
  if (error instanceof CancelledError) {
    vscode.window.setStatusBarMessage('PortLLM: cancelled, nothing was written.', 5000);
    return undefined;
  }
  const known = error instanceof UserError;
  const message = error instanceof Error ? error.message : String(error);
  log.error(known ? message : error instanceof Error ? error : message);
  const text = known && error.hint !== undefined ? `${message} ${error.hint}` : message;
  const choice = await showErrorMessage(known ? text : `PortLLM ran into a bug: ${text}`, ...actions, SHOW_LOG);
  if (choice === SHOW_LOG) log.show();
  return choice;
}
