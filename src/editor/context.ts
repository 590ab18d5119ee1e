import type * as vscode from 'vscode';
import type { WorkerClient } from '../worker/client.ts';
import type { ClusterJobs } from './cluster/clusterJobs.ts';
import type { Diagnoses } from './diagnoses.ts';
import type { EvaluationRuns } from './evaluationRuns.ts';
import type { Jobs } from './jobs.ts';
import type { LibraryModel } from './libraryModel.ts';
import type { MatrixPanels } from './pages/matrixPanels.ts';
import type { EvaluationPanels } from './pages/evaluationPanels.ts';
import type { ReportPanels } from './pages/reportPanels.ts';

/** The parts that commands work with, built once by parts.ts. */
export interface EditorContext {
  readonly extensionUri: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
  readonly library: LibraryModel;
  readonly worker: WorkerClient;
  readonly jobs: Jobs;
  readonly diagnoses: Diagnoses;
  readonly reports: ReportPanels;
  readonly evaluations: EvaluationPanels;
  readonly matrices: MatrixPanels;
  readonly runs: EvaluationRuns;
  readonly cluster: ClusterJobs;
}
