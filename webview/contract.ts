/** All that passes between the host and the pages; both ends are typed from here. Types only. */
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

export interface PageContract {
  readonly toPage: { readonly type: string };
  readonly fromPage: { readonly type: string };
  readonly state: unknown;
}
