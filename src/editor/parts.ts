import * as vscode from 'vscode';
import { limitHeaders } from '../safetensors/headerLimit.ts';
import { WorkerClient } from '../worker/client.ts';
import { PinnedBaseline } from './baseline.ts';
import { ClusterJobs } from './cluster/clusterJobs.ts';
import type { RememberedJob } from './cluster/remembered.ts';
import { JobsTree } from './cluster/jobsTree.ts';
import { commandHandlers, type Handlers } from './commandHandlers.ts';
import { jobIsDone } from './commands/jobs.ts';
import { Diagnoses } from './diagnoses.ts';
import { EvaluationRuns } from './evaluationRuns.ts';
import { SafetensorsEditor } from './glance/safetensorsEditor.ts';
import { Jobs } from './jobs.ts';
import { LibraryModel } from './libraryModel.ts';
import { LibraryTree } from './libraryTree.ts';
import { MatrixPanels } from './pages/matrixPanels.ts';
import { MATRIX_FILES, MatrixCompletion } from './matrix/completion.ts';
import { EvaluationPanels } from './pages/evaluationPanels.ts';
import { ReportPanels } from './pages/reportPanels.ts';
import { RunsView } from './pages/runsView.ts';
import { readSettings } from './settings.ts';
import { StatusItem } from './status.ts';
import { assertTrusted } from './trust.ts';

/** The largest known, of 91,000 tensors, has 12 MB. */
const MAX_HEADER_BYTES = 32_000_000;

/** What extension.ts leads to. */
export interface Parts extends vscode.Disposable {
  readonly tree: LibraryTree;
  readonly jobsTree: JobsTree;
  readonly runsView: RunsView;
  readonly reports: ReportPanels;
  readonly evaluations: EvaluationPanels;
  readonly matrices: MatrixPanels;
  readonly safetensors: SafetensorsEditor;
  readonly handlers: Handlers;
  readonly worker: WorkerClient;
}

/** Builds the parts. The library is scanned in the background; no process is started before a job. */
export function buildParts(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Parts {
  const { extensionUri } = context;
  limitHeaders(MAX_HEADER_BYTES);
  const library = new LibraryModel(log);
  const status = new StatusItem();
  const worker = new WorkerClient({
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
  const onMade = (job: RememberedJob): Promise<void> =>
    jobIsDone({ library, reports, evaluations, matrices, diagnoses }, job);
  const cluster = new ClusterJobs({ extensionUri, state: context.workspaceState, jobs, log, onMade });
  const matrices = new MatrixPanels({ extensionUri, jobs, evaluations, cluster, log });
  const pages = { reports, evaluations, matrices };
  const editor = { extensionUri, log, library, worker, jobs, diagnoses, ...pages, runs, cluster };
  const onTrust = vscode.workspace.onDidGrantWorkspaceTrust(() => void evaluations.retryAll());
  const completion = vscode.languages.registerCompletionItemProvider(MATRIX_FILES, new MatrixCompletion(library));
  const own = [library, status, runs, baseline, evaluations, runsView, matrices, cluster];
  const all = vscode.Disposable.from(...own, onTrust, completion);
  if (vscode.workspace.isTrusted) cluster.resume();
  // Menus of the explorer ask for the folders that were found, also where nobody has opened the view.
  library.load().catch((error: unknown) => log.error(error instanceof Error ? error : String(error)));
  return {
    tree: new LibraryTree(library),
    jobsTree: new JobsTree(cluster),
    runsView,
    ...pages,
    safetensors: new SafetensorsEditor(extensionUri, worker, log),
    handlers: commandHandlers(editor),
    worker,
    dispose: () => void all.dispose(),
  };
}
