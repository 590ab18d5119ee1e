/** All that passes between the host and the pages; both ends are typed from here. Types only. */
import type { EvaluationView, LiveView, RunView, ViewItemDetail } from '../src/editor/evaluation/viewTypes.ts';
import type { MatrixView } from '../src/editor/matrix/viewTypes.ts';
import type { ReportView, ViewDetail } from '../src/editor/report/viewTypes.ts';
import type { TensorFigures } from '../src/diagnostics/figureTypes.ts';
import type { GlanceSummary, GlanceTensor, RowPage } from '../src/library/glance/types.ts';
import type { PortPlan } from '../src/port/plan/planTypes.ts';

/** The plan of a port, waiting for a decision. */
export interface PlanContract {
  toPage: { readonly type: 'show'; readonly plan: PortPlan };
  fromPage: { readonly type: 'ready' } | { readonly type: 'port' } | { readonly type: 'cancel' };
  state: undefined;
}

/** Where a report comes from: a ported model, or a file that a diagnosis was written to. */
export type ReportRef =
  { readonly kind: 'port'; readonly folder: string } | { readonly kind: 'diagnosis'; readonly file: string };

/** The report of a port, of a diagnosis, or of both; another one may stand beside it. */
export interface ReportContract {
  toPage:
    | {
        readonly type: 'show';
        readonly source: ReportRef;
        readonly view: ReportView;
        readonly other: OtherReport | null;
      }
    /** Answers `detail`. */
    | { readonly type: 'detail'; readonly detail: ViewDetail }
    | { readonly type: 'problem'; readonly message: string };
  fromPage:
    | { readonly type: 'ready' }
    | { readonly type: 'retry' }
    | { readonly type: 'reveal' }
    | { readonly type: 'verify' }
    | { readonly type: 'diagnose' }
    | { readonly type: 'port' }
    | { readonly type: 'evaluate' }
    | { readonly type: 'compareWith' }
    | { readonly type: 'compareNone' }
    | { readonly type: 'detail'; readonly target: string }
    | { readonly type: 'exportData'; readonly format: 'csv' | 'json' }
    | { readonly type: 'exportPicture'; readonly format: 'svg' | 'png'; readonly content: string | Uint8Array };
  /** Kept by VS Code while the page is hidden, and over a reload of the window. */
  state: {
    readonly source: ReportRef;
    readonly other: ReportRef | null;
    readonly metric: string | null;
    readonly modules: string;
    readonly logarithmic: boolean;
    /** The tensor whose details are shown. */
    readonly tensor: string | null;
  };
}

export interface OtherReport {
  readonly source: ReportRef;
  readonly view: ReportView;
}

/** The comparison of results; numbers are put into words by the host. */
export interface EvaluationContract {
  toPage:
    | {
        readonly type: 'show';
        readonly files: readonly string[];
        /** The label of the column that a person chose to compare with. */
        readonly chosen: string | null;
        readonly view: EvaluationView;
        /** The label of the column that was pinned for all evaluations. */
        readonly baseline: string | null;
      }
    /** One that runs. */
    | { readonly type: 'live'; readonly title: string; readonly live: LiveView }
    /** Answers `item`. */
    | { readonly type: 'item'; readonly column: number; readonly reference: number; readonly detail: ViewItemDetail }
    | {
        readonly type: 'noItem';
        readonly column: number;
        readonly reference: number;
        readonly task: string;
        readonly docId: number;
        readonly message: string;
      }
    | { readonly type: 'busy'; readonly message: string }
    | { readonly type: 'problem'; readonly message: string };
  fromPage:
    | { readonly type: 'ready' }
    /** What could not be shown. */
    | { readonly type: 'retry' }
    | { readonly type: 'openFile' }
    | { readonly type: 'compareWith' }
    | { readonly type: 'exportCsv' }
    | { readonly type: 'copyMarkdown' }
    /** Ends the evaluation that runs. */
    | { readonly type: 'cancel' }
    /** Compare all evaluations with this column; null: with none. */
    | { readonly type: 'pin'; readonly column: number | null }
    /** Prompt and answers of one item that flipped. */
    | {
        readonly type: 'item';
        readonly task: string;
        readonly column: number;
        readonly reference: number;
        readonly docId: number;
        readonly referenceDocId: number;
      }
    /** Compare with another column. */
    | { readonly type: 'reference'; readonly column: number };
  /** The results files, read again when the window is loaded again, with the page's title and the label of the column that
   * others are compared with; and the lists that are open. */
  state: {
    readonly files: readonly string[];
    readonly title: string;
    readonly reference: string | null;
    readonly open: readonly string[];
  };
}

/** Patches × bases × tasks × scales, which fills while it runs. */
export interface MatrixContract {
  toPage:
    | { readonly type: 'show'; readonly out: string; readonly view: MatrixView }
    | { readonly type: 'problem'; readonly message: string };
  fromPage:
    | { readonly type: 'ready' }
    | { readonly type: 'stop' }
    | { readonly type: 'continue' }
    /** The comparison behind a cell. */
    | { readonly type: 'open'; readonly row: number; readonly column: number };
  /** Its folder, and what the colours are of. */
  state: { readonly out: string; readonly shown: MatrixFigure };
}

export type MatrixFigure = 'difference' | 'recovery';

/** The list of evaluations in the side bar, with the one that is chosen in short. */
export interface RunsContract {
  toPage:
    | { readonly type: 'runs'; readonly runs: readonly RunView[]; readonly baseline: string | null }
    | { readonly type: 'show'; readonly id: string; readonly view: EvaluationView }
    | { readonly type: 'live'; readonly id: string; readonly live: LiveView }
    | { readonly type: 'busy'; readonly id: string }
    | { readonly type: 'problem'; readonly id: string; readonly message: string };
  fromPage:
    | { readonly type: 'ready'; readonly chosen: string | null }
    | { readonly type: 'choose'; readonly id: string }
    | { readonly type: 'open'; readonly id: string }
    | { readonly type: 'cancel'; readonly id: string }
    | { readonly type: 'pin'; readonly column: number | null }
    | { readonly type: 'evaluate' }
    | { readonly type: 'import' }
    /** Of an imported one. */
    | { readonly type: 'forget'; readonly id: string };
  state: { readonly chosen: string | null };
}

/** A safetensors file or an index; the host keeps the tensors, and hands out the rows that are asked for. */
export interface SafetensorsContract {
  toPage:
    | {
        readonly type: 'show';
        readonly summary: GlanceSummary;
        /** The rows below no group. */
        readonly top: RowPage;
        readonly isTrusted: boolean;
      }
    | { readonly type: 'rows'; readonly group: string; readonly page: RowPage }
    | { readonly type: 'found'; readonly text: string; readonly page: RowPage }
    /** Null where it is not there any more. */
    | { readonly type: 'chosen'; readonly tensor: GlanceTensor | null }
    | { readonly type: 'figures'; readonly tensor: TensorPlace; readonly state: FiguresState }
    | { readonly type: 'trusted' }
    /** On the disk, since it was shown. */
    | { readonly type: 'changed' }
    | { readonly type: 'problem'; readonly message: string; readonly hint: string | null };
  fromPage:
    | { readonly type: 'ready' }
    | { readonly type: 'rows'; readonly group: string; readonly from: number }
    | { readonly type: 'search'; readonly text: string }
    | { readonly type: 'choose'; readonly tensor: TensorPlace }
    | { readonly type: 'measure'; readonly tensor: TensorPlace }
    | { readonly type: 'cancel' }
    | { readonly type: 'copyName'; readonly name: string }
    | { readonly type: 'reload' }
    | { readonly type: 'reveal' }
    | { readonly type: 'port' }
    | { readonly type: 'openIndex' }
    | { readonly type: 'openText' };
  state: {
    readonly expanded: readonly string[];
    readonly search: string;
    readonly chosen: TensorPlace | null;
    /** How far the tree is scrolled. */
    readonly scrolled: number;
  };
}

/** Two files of an index may hold a tensor of one name. */
export interface TensorPlace {
  readonly name: string;
  readonly file: string;
}

export type FiguresState =
  | { readonly type: 'running'; readonly message: string }
  | { readonly type: 'done'; readonly figures: TensorFigures }
  | { readonly type: 'cancelled' }
  | { readonly type: 'failed'; readonly message: string };

export interface PageContract {
  readonly toPage: { readonly type: string };
  readonly fromPage: { readonly type: string };
  readonly state: unknown;
}
