import type { Barrier, BlendLine, Estimate, ProbePoint, ScaleLine, Step } from '../../diagnostics/probeTypes.ts';
import { sampleDeviation } from '../statistics/resample.ts';
import type { ItemLoss } from './itemLoss.ts';

/** The items of one point, in the order of the task's. */
export interface Measured {
  readonly parameter: number;
  readonly losses: readonly ItemLoss[];
}

export function blendLine(measured: readonly Measured[]): BlendLine {
  return { points: pointsOf(measured), barrier: barrierOf(measured) };
}

export function scaleLine(measured: readonly Measured[]): ScaleLine {
  const points = pointsOf(measured);
  const [least] = points.toSorted((a, b) => a.loss - b.loss);
  return { points, rise: riseOf(measured), minimum: least?.parameter ?? NaN };
}

function riseOf(measured: readonly Measured[]): Step | null {
  const upToPort = measured.filter(({ parameter }) => parameter <= 1);
  const steps = upToPort.slice(1).map(({ parameter: to, losses }, i) => {
    const before = upToPort[i];
    const raised = losses.map(({ loss }, item) => loss - (before?.losses[item]?.loss ?? NaN));
    return { from: before?.parameter ?? NaN, to, ...meanOf(raised) };
  });
  const [most] = steps.filter(({ value }) => value >= 0).sort((a, b) => b.value - a.value);
  return most ?? null;
}

function pointsOf(measured: readonly Measured[]): ProbePoint[] {
  const [first, port] = [at(measured, 0), at(measured, 1)];
  return measured.map(({ parameter, losses }) => {
    const values = losses.map(({ loss }) => loss);
    const { value: loss, stderr } = meanOf(values);
    const tokens = losses.reduce((sum, one) => sum + one.tokens, 0);
    const right = losses.flatMap((one) => one.right ?? []);
    return {
      ...{ parameter, loss, stderr, tokens },
      lossPerToken: (loss * losses.length) / tokens,
      accuracy: right.length === losses.length ? meanOf(right).value : null,
      against0: meanOf(values.map((value, i) => value - (first[i] ?? NaN))),
      against1: meanOf(values.map((value, i) => value - (port[i] ?? NaN))),
    };
  });
}

/**
 * max over 0 < t < 1 of L(t) − ((1 − t)·L(0) + t·L(1)), which is 0 at both ends; its error is that of the same sum of each
 * item, at the t that was found.
 */
function barrierOf(measured: readonly Measured[]): Barrier {
  const [first, last] = [at(measured, 0), at(measured, 1)];
  const inner = measured.filter(({ parameter: t }) => t > 0 && t < 1);
  const [highest] = inner
    .map(({ parameter: t, losses }) => ({
      at: t,
      ...meanOf(losses.map(({ loss }, i) => loss - ((1 - t) * (first[i] ?? NaN) + t * (last[i] ?? NaN)))),
    }))
    .sort((a, b) => b.value - a.value);
  if (highest === undefined) throw new Error('a line of two points has no barrier');
  return highest;
}

function at(measured: readonly Measured[], parameter: number): number[] {
  const point = measured.find((one) => one.parameter === parameter);
  if (point === undefined) throw new Error(`the line was not measured at ${parameter}`);
  return point.losses.map(({ loss }) => loss);
}

function meanOf(values: readonly number[]): Estimate {
  const value = values.reduce((sum, one) => sum + one, 0) / values.length;
  return { value, stderr: values.length < 2 ? null : sampleDeviation(values) / Math.sqrt(values.length) };
}
