import * as vscode from 'vscode';
import { addExistingFolder } from './commands/addFolder.ts';
import { copyDiagnostics } from './commands/copyDiagnostics.ts';
import { diagnosePatch, openDiagnosis } from './commands/diagnose.ts';
import { evaluateModels } from './commands/evaluate.ts';
import { extractPatch } from './commands/extract.ts';
import { compareResults, importResults, openEvaluation } from './commands/openEvaluation.ts';
import { portPatch } from './commands/port.ts';
import { revealFolder } from './commands/reveal.ts';
import { verifyPorted } from './commands/verify.ts';
import { portedFolder, targetFolder } from './commandTarget.ts';
import type { EditorContext } from './context.ts';
import { COMMANDS } from './ids.ts';
import { showError } from './showError.ts';

type Handler = (target: unknown, selected: unknown) => unknown;

/** Every command, each with errors shown to the person; a missing one does not compile. */
export function registerCommands(editor: EditorContext): vscode.Disposable {
  const handlers: Record<keyof typeof COMMANDS, Handler> = {
    port: (target, selected) => portPatch(editor, target, selected),
    extract: (target) => extractPatch(editor, target),
    diagnose: (target) => diagnosePatch(editor, target),
    openDiagnosis: (target) => openDiagnosis(editor, target),
    evaluate: (target, selected) => evaluateModels(editor, target, selected),
    compareResults: () => compareResults(editor),
    openEvaluation: (target, selected) => openEvaluation(editor, target, selected),
    importResults: () => importResults(editor),
    verify: (target) => verifyPorted(editor, target),
    openReport: async (target) => {
      const folder = await portedFolder(target, await editor.library.load());
      if (folder !== undefined) await editor.reports.open({ kind: 'port', folder });
    },
    reveal: (target) => {
      const folder = targetFolder(target);
      return folder === undefined ? undefined : revealFolder(folder);
    },
    addFolder: () => addExistingFolder(),
    refresh: () => editor.library.refresh(),
    copyDiagnostics: () => copyDiagnostics(editor),
    showLog: () => editor.log.show(),
    stopWorker: () => editor.worker.stop(),
  };
  const registered = Object.entries(COMMANDS).map(([key, command]) =>
    vscode.commands.registerCommand(command, async (target: unknown, selected: unknown) => {
      try {
        await handlers[key as keyof typeof COMMANDS](target, selected);
      } catch (error) {
        await showError(error, editor.log);
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}
