import { addExistingFolder } from './commands/addFolder.ts';
import { copyDiagnostics } from './commands/copyDiagnostics.ts';
import { diagnosePatch, openDiagnosis } from './commands/diagnose.ts';
import { evaluateModels } from './commands/evaluate.ts';
import { extractPatch } from './commands/extract.ts';
import { onJob, openJobResult } from './commands/jobs.ts';
import { openMatrix, runMatrix } from './commands/matrix.ts';
import { compareResults, importResults, openEvaluation } from './commands/openEvaluation.ts';
import { portPatch } from './commands/port.ts';
import { revealFolder } from './commands/reveal.ts';
import { showTensors } from './commands/showTensors.ts';
import { trySamples } from './commands/trySamples.ts';
import { verifyPorted } from './commands/verify.ts';
import { portedFolder, targetFolder } from './commandTarget.ts';
import type { EditorContext } from './context.ts';
import type { COMMANDS } from './ids.ts';
import { showError } from './showError.ts';

type Handler = (target: unknown, selected: unknown) => unknown;
export type Handlers = Readonly<Record<keyof typeof COMMANDS, (target: unknown, selected: unknown) => Promise<void>>>;

/** What every command does, each with errors shown to the person; a missing one does not compile. */
export function commandHandlers(editor: EditorContext): Handlers {
  const handlers: Record<keyof typeof COMMANDS, Handler> = {
    port: (target, selected) => portPatch(editor, target, selected),
    extract: (target) => extractPatch(editor, target),
    diagnose: (target) => diagnosePatch(editor, target),
    openDiagnosis: (target) => openDiagnosis(editor, target),
    evaluate: (target, selected) => evaluateModels(editor, target, selected),
    compareResults: () => compareResults(editor),
    openEvaluation: (target, selected) => openEvaluation(editor, target, selected),
    importResults: () => importResults(editor),
    matrix: (target) => runMatrix(editor, target),
    openMatrix: (target) => openMatrix(editor, target),
    cancelJob: (target) => onJob(target, (out) => editor.cluster.cancel(out)),
    submitAgain: (target) => onJob(target, (out) => editor.cluster.again(out)),
    openJobResult: (target) => onJob(target, (out) => openJobResult(editor, out)),
    forgetJob: (target) => onJob(target, (out) => editor.cluster.forget(out)),
    verify: (target) => verifyPorted(editor, target),
    openReport: async (target) => {
      const folder = await portedFolder(target, await editor.library.load());
      if (folder !== undefined) await editor.reports.open({ kind: 'port', folder });
    },
    reveal: (target) => {
      const folder = targetFolder(target);
      return folder === undefined ? undefined : revealFolder(folder);
    },
    showTensors: (target) => showTensors(editor, target),
    trySamples: () => trySamples(editor),
    addFolder: () => addExistingFolder(),
    refresh: () => editor.library.refresh(),
    copyDiagnostics: () => copyDiagnostics(editor),
    showLog: () => editor.log.show(),
    stopWorker: () => editor.worker.stop(),
  };
  const shown = Object.entries(handlers).map(([key, handle]) => [key, showingErrors(handle, editor)]);
  return Object.fromEntries(shown) as Handlers;
}

function showingErrors(handle: Handler, { log }: EditorContext): Handlers['port'] {
  return async (target, selected) => {
    try {
      await handle(target, selected);
    } catch (error) {
      await showError(error, log);
    }
  };
}
