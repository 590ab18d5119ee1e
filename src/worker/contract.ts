/** All that passes between the worker process and whoever started it; both ends are typed from here. */
import type { Divided } from '../base/divided.ts';
import type { Part } from '../base/part.ts';
import type { Progress } from '../base/progress.ts';
import type { DeviceChoice, DeviceReport } from '../kernels/device.ts';
import type { Probe } from '../diagnostics/probeTypes.ts';
import type { TensorFigures, TensorFiguresRequest } from '../diagnostics/figureTypes.ts';
import type { DiagnoseParts } from '../diagnostics/parts/piece.ts';
import type { DiagnoseRequest, Diagnosis } from '../diagnostics/types.ts';
import type { MatrixSpec } from '../evaluation/matrix/spec.ts';
import type { MatrixState } from '../evaluation/matrix/types.ts';
import type { ProbeRequest } from '../evaluation/probe/request.ts';
import type { EvaluateRequest } from '../evaluation/request.ts';
import type { Comparison } from '../evaluation/results/compare.ts';
import type { ItemAnswer, ItemPlace } from '../evaluation/results/importing/readItem.ts';
import type { Baseline } from '../evaluation/results/baseline.ts';
import type { LiveScores } from '../evaluation/run/liveScores.ts';
import type { EvaluateResult, TaskListing } from '../evaluation/run/result.ts';
import type { ExtractRequest, ExtractResult } from '../extract/types.ts';
import type { Inspection } from '../library/inspect.ts';
import type { PortPlan, PortRequest } from '../port/plan/planTypes.ts';
import type { PortResult } from '../port/port.ts';
import type { VerifyResult } from '../port/verify/verify.ts';

/** Raised whenever this file changes its meaning: both ends must be of one build. */
export const PROTOCOL_VERSION = 9;

export interface Handshake {
  readonly protocolVersion: number;
  readonly version: string;
  readonly pid: number;
  readonly node: string;
}

/** The worker's jobs. Each takes one value and ends in a result or an error; `port`, `part`, `assemble`, `verify`, `extract`,
 * `diagnose`, `probe`, `evaluate`, `matrix` and `tensorFigures` report progress. */
export interface WorkerApi {
  hello(parameters: { readonly protocolVersion: number }): Promise<Handshake>;
  /** Starts ONNX Runtime, if it has not been, and says which device computes. */
  device(parameters: { readonly device: DeviceChoice }): Promise<DeviceReport>;
  inspect(parameters: { readonly path: string }): Promise<Inspection>;
  plan(parameters: PortRequest): Promise<PortPlan>;
  port(parameters: { readonly request: PortRequest; readonly device: DeviceChoice }): Promise<PortResult>;
  /** Divides a job for machines that each compute a part; says which parts are missing. */
  divide(parameters: { readonly work: Work | Begun; readonly count?: number | undefined }): Promise<Divided>;
  /** One part of a job; to be put together by `assemble`. */
  part(parameters: {
    readonly work: Work | Begun;
    readonly part: Part;
    readonly device: DeviceChoice;
  }): Promise<PartDone>;
  assemble(parameters: { readonly out: string }): Promise<Assembled>;
  verify(parameters: { readonly folder: string; readonly device: DeviceChoice }): Promise<VerifyResult>;
  extract(parameters: { readonly request: ExtractRequest; readonly device: DeviceChoice }): Promise<ExtractResult>;
  diagnose(parameters: { readonly request: DiagnoseRequest; readonly device: DeviceChoice }): Promise<Diagnosis>;
  /** The loss of tasks between old and new base, and over the scales of the patch. */
  probe(parameters: { readonly request: ProbeRequest; readonly device: DeviceChoice }): Promise<Probe>;
  /** `onlyKnown`: from the answers that an evaluation which was stopped has left, without running a model. */
  evaluate(parameters: {
    readonly request: EvaluateRequest;
    readonly device: DeviceChoice;
    readonly onlyKnown?: boolean;
  }): Promise<EvaluateResult>;
  /** Begins a matrix, or goes on with one whose file may have changed since. */
  beginMatrix(parameters: { readonly name: string; readonly spec: MatrixSpec; readonly out: string }): Promise<void>;
  /** Computes what is missing of it. */
  matrix(parameters: { readonly out: string; readonly device: DeviceChoice }): Promise<MatrixState>;
  matrixState(parameters: { readonly out: string }): Promise<MatrixState>;
  /** Result files, ours and lm-eval's, or folders of them; `reference` is the label of the column to compare with. */
  compare(parameters: {
    readonly results: readonly string[];
    readonly reference?: string | undefined;
    /** In the order of roles, with the baseline that is pinned, if there is one; a reference that is gone is a warning. */
    readonly page?: { readonly baseline: Baseline | undefined } | undefined;
  }): Promise<Comparison>;
  /** One item of several columns, as their samples files have it. */
  items(parameters: { readonly places: readonly ItemPlace[] }): Promise<ItemAnswer[]>;
  /** Norm, spread and histogram of one tensor. */
  tensorFigures(parameters: TensorFiguresRequest): Promise<TensorFigures>;
  /** The built-in tasks, or those that are named; `data` is the folder where their documents are looked for. */
  tasks(parameters: { readonly names: readonly string[]; readonly data: string | undefined }): Promise<TaskListing[]>;
}

export type Method = keyof WorkerApi;

/** Jobs that read weights run one after the other; what only looks at headers or results is answered at once. */
export const QUEUED: ReadonlySet<Method> = new Set<Method>([
  'port',
  'part',
  'assemble',
  'verify',
  'extract',
  'diagnose',
  'probe',
  'evaluate',
  'matrix',
  'tensorFigures',
]);

export type JobParameters<M extends Method> = Parameters<WorkerApi[M]>[0];
export type Result<M extends Method> = Awaited<ReturnType<WorkerApi[M]>>;

/** One implementation per method; the worker adds progress and cancellation. */
export type WorkerHandlers = {
  readonly [M in Method]: (parameters: JobParameters<M>, context: JobContext) => Promise<Result<M>>;
};

export interface JobContext {
  readonly sink: (progress: Progress) => void;
  /** What an evaluation has found so far. */
  readonly onLive: (scores: LiveScores) => void;
  readonly signal: AbortSignal;
}

/** A job that is made in parts. */
export type Work =
  | { readonly kind: 'port'; readonly request: PortRequest }
  | { readonly kind: 'diagnose'; readonly request: DiagnoseParts }
  | { readonly kind: 'evaluate'; readonly request: EvaluateRequest }
  /** It was begun; all else is in its folder. */
  | { readonly kind: 'matrix'; readonly out: string };

/** A job that was divided before: what it is lies beside its output. */
export interface Begun {
  readonly out: string;
}

export interface PartDone {
  /** Of which output. */
  readonly out: string;
  /** What it has made: names of shards, a number of tensors or items. */
  readonly made: string;
}

/** What parts were put together to. */
export type Assembled =
  | { readonly kind: 'port'; readonly result: PortResult }
  | { readonly kind: 'diagnose'; readonly out: string; readonly diagnosis: Diagnosis }
  | { readonly kind: 'evaluate'; readonly result: EvaluateResult }
  | { readonly kind: 'matrix'; readonly state: MatrixState };

/** An error as it crosses the process border; rebuilt by `fromWire`. */
export interface WireError {
  readonly kind: 'input' | 'user' | 'cancelled' | 'bug';
  readonly message: string;
  readonly hint: string | undefined;
  readonly stack: string | undefined;
}
