/** All that passes between the host and the pages; both ends are typed from here. Types only. */
import type { EvaluationView } from '../src/editor/evaluation/viewTypes.ts';
import type { TensorFigures } from '../src/diagnostics/figureTypes.ts';
import type { GlanceSummary, GlanceTensor, RowPage } from '../src/library/glance/types.ts';
import type { PortPlan } from '../src/port/plan/planTypes.ts';
import type { Provenance } from '../src/port/provenance.ts';

/** The plan of a port, waiting for a decision. */
export interface PlanContract {
  toPage: { readonly type: 'show'; readonly plan: PortPlan };
  fromPage: { readonly type: 'ready' } | { readonly type: 'port' } | { readonly type: 'cancel' };
  state: undefined;
}

/** The report of a finished port. */
export interface ReportContract {
  toPage:
    | { readonly type: 'show'; readonly folder: string; readonly provenance: Provenance }
    | { readonly type: 'problem'; readonly message: string };
  fromPage: { readonly type: 'ready' } | { readonly type: 'reveal' } | { readonly type: 'verify' };
  /** Kept by VS Code while the page is hidden, and over a reload of the window. */
  state: { readonly folder: string; readonly measure: MeasureName };
}

export type MeasureName = 'delta' | 'relative' | 'rounding';

/** The comparison of results; numbers are put into words by the host. */
export interface EvaluationContract {
  toPage:
    | { readonly type: 'show'; readonly files: readonly string[]; readonly view: EvaluationView }
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
