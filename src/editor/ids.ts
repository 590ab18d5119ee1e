/** Everything that package.json contributes, by name; a test compares the two. */
export const COMMANDS = {
  port: 'portllm.port',
  extract: 'portllm.extract',
  diagnose: 'portllm.diagnose',
  openDiagnosis: 'portllm.openDiagnosis',
  evaluate: 'portllm.evaluate',
  compareResults: 'portllm.compareResults',
  openEvaluation: 'portllm.openEvaluation',
  importResults: 'portllm.importResults',
  matrix: 'portllm.matrix',
  openMatrix: 'portllm.openMatrix',
  cancelJob: 'portllm.jobs.cancel',
  submitAgain: 'portllm.jobs.submitAgain',
  openJobResult: 'portllm.jobs.openResult',
  forgetJob: 'portllm.jobs.forget',
  verify: 'portllm.verify',
  openReport: 'portllm.openReport',
  reveal: 'portllm.reveal',
  showTensors: 'portllm.showTensors',
  trySamples: 'portllm.trySamples',
  addFolder: 'portllm.library.addFolder',
  refresh: 'portllm.library.refresh',
  copyDiagnostics: 'portllm.copyDiagnostics',
  showLog: 'portllm.showLog',
  stopWorker: 'portllm.stopWorker',
} as const;

export const LIBRARY_VIEW = 'portllm.library';
export const JOBS_VIEW = 'portllm.jobs';
export const EVALUATIONS_VIEW = 'portllm.evaluations';
export const REPORT_PAGE = 'portllm.report';
export const MATRIX_PAGE = 'portllm.matrix';
export const EVALUATION_PAGE = 'portllm.evaluation';
export const SAFETENSORS_EDITOR = 'portllm.safetensors';

export const CONTEXT = {
  clusterJobs: 'portllm.clusterJobs',
  libraryState: 'portllm.libraryState',
  portableFolders: 'portllm.portableFolders',
  checkpointFolders: 'portllm.checkpointFolders',
  portedFolders: 'portllm.portedFolders',
} as const;
