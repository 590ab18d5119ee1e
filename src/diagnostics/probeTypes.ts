/** What `probe` finds out: how a task's loss runs along two lines through the weights. Plain data. */
import type { Finding } from './types.ts';

/** t of W_old + t·(W_new − W_old) + Δ: the patch on its own base, then on bases between, then the port. */
export const BLENDS = [0, 0.25, 0.5, 0.75, 1] as const;
/** λ of W_new + λ·Δ: the new base, then the patch at growing scales; the port is at 1. */
export const SCALES = [0, 0.25, 0.5, 0.75, 1, 1.25] as const;

/** A mean over items, with its standard error; null of a single item. */
export interface Estimate {
  readonly value: number;
  readonly stderr: number | null;
}

/** One point of a line. Losses are the negative log-likelihoods of the right answers, in nats. */
export interface ProbePoint {
  /** t or λ. */
  readonly parameter: number;
  /** Mean of the items. */
  readonly loss: number;
  readonly stderr: number | null;
  /** Of all right answers together. */
  readonly tokens: number;
  readonly lossPerToken: number;
  /** Null where the task has none. */
  readonly accuracy: number | null;
  /** This loss less that of the points at 0 and at 1, item by item. */
  readonly against0: Estimate;
  readonly against1: Estimate;
}

/** How far the loss lies above the straight line between the losses of both ends, where it does so most; negative: below. */
export interface Barrier extends Estimate {
  readonly at: number;
}

/** How much more the loss is at one λ than at the one before, item by item. */
export interface Step extends Estimate {
  readonly from: number;
  readonly to: number;
}

export interface BlendLine {
  readonly points: readonly ProbePoint[];
  readonly barrier: Barrier;
}

export interface ScaleLine {
  readonly points: readonly ProbePoint[];
  /** The step up to λ = 1 that raises the loss most, or does not lower it; null where the loss falls with each of them. */
  readonly rise: Step | null;
  /** λ of the least loss. */
  readonly minimum: number;
}

export interface TaskProbe {
  readonly task: string;
  /** multiple_choice, loglikelihood or loglikelihood_rolling. */
  readonly outputType: string;
  readonly items: number;
  readonly documents: number;
  /** Null where the old base was not named. */
  readonly blend: BlendLine | null;
  readonly scales: ScaleLine;
}

export interface Probe {
  readonly patch: string;
  readonly scale: number;
  readonly onto: string;
  readonly from: string | null;
  readonly tasks: readonly TaskProbe[];
  readonly findings: readonly Finding[];
  /** How it was computed. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}
