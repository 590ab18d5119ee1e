import * as vscode from 'vscode';
import { UserError } from '../base/errors.ts';

/** @throws UserError in a workspace that is not trusted: jobs run a process and write files */
export function assertTrusted(job: string): void {
  if (vscode.workspace.isTrusted) return;
  throw new UserError(`${job} runs a worker process, which needs a trusted workspace.`);
}
