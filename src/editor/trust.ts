import * as vscode from 'vscode';
import { UserError } from '../base/errors.ts';

/** @throws UserError in a workspace that is not trusted, where headers are read and nothing else is done */
export function assertTrusted(job: string): void {
  if (vscode.workspace.isTrusted) return;
  throw new UserError(`${job} needs a trusted workspace.`, 'Workspaces: Manage Workspace Trust says what that means.');
}
