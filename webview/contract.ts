/** All that passes between the host and the pages; both ends are typed from here. Types only. */
import type { EvaluationView } from '../src/editor/evaluation/viewTypes.ts';
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

export interface PageContract {
  readonly toPage: { readonly type: string };
  readonly fromPage: { readonly type: string };
  readonly state: unknown;
}
