import * as vscode from 'vscode';
import { VERSION } from '../../base/version.ts';
import type { EditorContext } from '../context.ts';
import { readSettings } from '../settings.ts';
import { showInformation } from '../messages.ts';

/** What a bug report needs, onto the clipboard; no paths and no names of models. */
export async function copyDiagnostics(editor: EditorContext): Promise<void> {
  const { folders, evaluate, ...settings } = readSettings();
  // The worker runs only in a trusted workspace.
  const device = vscode.workspace.isTrusted
    ? await editor.jobs.quick('device', { device: settings.device }).catch((error: unknown) => String(error))
    : 'not asked: the workspace is not trusted';
  const counts = { baseModel: 0, patch: 0, portedModel: 0, broken: 0 };
  for (const { kind, problem } of await editor.library.load()) counts[problem === undefined ? kind : 'broken']++;
  const diagnostics = {
    portllm: VERSION,
    vscode: vscode.version,
    host: `${vscode.env.appHost}, remote ${vscode.env.remoteName ?? 'none'}`,
    platform: `${process.platform}-${process.arch}, Node ${process.version}`,
    trusted: vscode.workspace.isTrusted,
    settings: {
      ...settings,
      folders: folders.length,
      evaluate: { ...evaluate, dataFolder: evaluate.dataFolder !== undefined },
    },
    library: counts,
    device,
  };
  await vscode.env.clipboard.writeText(JSON.stringify(diagnostics, null, 2));
  void showInformation('The diagnostics are on the clipboard.');
}
