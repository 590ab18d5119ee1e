import type { Combination } from '../../patch/combine/arithmetic.ts';
import type { OutputKind, TiedChoice } from '../../port/plan/planTypes.ts';

/** What is known already, from what was clicked. */
export interface PortDraft {
  patch?: string | undefined;
  /** Further patches that were selected with it. */
  others?: readonly string[] | undefined;
  onto?: string | undefined;
  from?: string | undefined;
  scale?: number | undefined;
}

/** What a person has answered so far; an answer may be given again. */
export interface Answers extends PortDraft {
  weights?: readonly number[];
  combination?: Combination;
  as?: OutputKind;
  tied?: TiedChoice;
  out?: string;
}

export type StepResult = 'next' | 'back' | 'cancelled';
