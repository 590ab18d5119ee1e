import * as vscode from 'vscode';
import { PinnedBaseline } from './editor/baseline.ts';
import { Diagnoses } from './editor/diagnoses.ts';
import { EvaluationRuns } from './editor/evaluationRuns.ts';
import { SafetensorsEditor } from './editor/glance/safetensorsEditor.ts';
import { EVALUATIONS_VIEW, EVALUATION_PAGE, LIBRARY_VIEW, REPORT_PAGE, SAFETENSORS_EDITOR } from './editor/ids.ts';
import { Jobs } from './editor/jobs.ts';
import { LibraryModel } from './editor/libraryModel.ts';
import { LibraryTree } from './editor/libraryTree.ts';
import { EvaluationPanels } from './editor/pages/evaluationPanels.ts';
import { ReportPanels } from './editor/pages/reportPanels.ts';
import { RunsView } from './editor/pages/runsView.ts';
import { registerCommands } from './editor/registerCommands.ts';
import { readSettings } from './editor/settings.ts';
import { StatusItem } from './editor/status.ts';
import { assertTrusted } from './editor/trust.ts';
import { limitHeaders } from './safetensors/headerLimit.ts';
import { WorkerClient } from './worker/client.ts';

/** The largest known, of 91,000 tensors, has 12 MB. */
const MAX_HEADER_BYTES = 32_000_000;

let worker: WorkerClient | undefined;

/** Builds the parts and registers them. The library is scanned in the background; no process is started before a job. */
export function activate(context: vscode.ExtensionContext): void {
  const { extensionUri, subscriptions } = context;
  limitHeaders(MAX_HEADER_BYTES);
  const log = vscode.window.createOutputChannel('PortLLM', { log: true });
  const library = new LibraryModel(log);
  const status = new StatusItem();
  worker = new WorkerClient({
    entry: vscode.Uri.joinPath(extensionUri, 'dist', 'worker.js').fsPath,
    idleMs: readSettings().idleMinutes * 60_000,
    log: (line) => log.info(line),
    mayStart: () => assertTrusted('This'),
  });
  const jobs = new Jobs(worker, status, log);
  const diagnoses = new Diagnoses(vscode.Uri.joinPath(context.globalStorageUri, 'diagnoses').fsPath);
  const reports = new ReportPanels(extensionUri, library, diagnoses, log);
  const runs = new EvaluationRuns(context.workspaceState);
  const baseline = new PinnedBaseline(context.workspaceState);
  const evaluations = new EvaluationPanels({ extensionUri, jobs, runs, baseline, log });
  const runsView = new RunsView({ extensionUri, jobs, runs, baseline, evaluations, log });
  subscriptions.push(
    log,
    library,
    status,
    vscode.window.createTreeView(LIBRARY_VIEW, {
      treeDataProvider: new LibraryTree(library),
      showCollapseAll: true,
      canSelectMany: true,
    }),
    runs,
    baseline,
    evaluations,
    runsView,
    vscode.window.registerWebviewViewProvider(EVALUATIONS_VIEW, runsView),
    vscode.window.registerWebviewPanelSerializer(REPORT_PAGE, reports),
    vscode.window.registerWebviewPanelSerializer(EVALUATION_PAGE, evaluations),
    vscode.window.registerCustomEditorProvider(SAFETENSORS_EDITOR, new SafetensorsEditor(extensionUri, worker, log)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void evaluations.retryAll()),
    registerCommands({ extensionUri, log, library, worker, jobs, diagnoses, reports, evaluations, runs }),
  );
  // Menus of the explorer ask for the folders that were found, also where nobody has opened the view.
  void library.load().catch((error: unknown) => log.error(error instanceof Error ? error : String(error)));
}

export async function deactivate(): Promise<void> {
  await worker?.stop();
}
