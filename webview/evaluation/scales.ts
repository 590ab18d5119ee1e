import { scaleLinear } from 'd3-scale';
import type { ViewDifference, ViewPoint, ViewUnit } from '../../src/editor/evaluation/viewTypes.ts';

export type Domain = readonly [low: number, high: number];

/** Around zero and every interval, so that plots below each other can be compared. */
export function differenceDomain(differences: readonly Pick<ViewDifference, 'low' | 'high'>[]): Domain {
  const ends = differences.flatMap((one) => [one.low, one.high]).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  if (low === high) return [-1, 1];
  const margin = 0.06 * (high - low);
  return [low - margin, high + margin];
}

/** Of the scores with their errors; a curve without height has room around it. */
export function scoreDomain(points: readonly ViewPoint[]): Domain {
  const low = Math.min(...points.map(({ value, stderr }) => value - (stderr ?? 0)));
  const high = Math.max(...points.map(({ value, stderr }) => value + (stderr ?? 0)));
  if (high - low > 1e-12) return nice(low, high);
  const room = Math.abs(low) * 0.1 || 0.1;
  return nice(low - room, high + room);
}

function nice(low: number, high: number): Domain {
  const [from = low, to = high] = scaleLinear([low, high], [0, 1]).nice(5).domain();
  return [from, to];
}

export function scaleDomain(points: readonly ViewPoint[]): Domain {
  const scales = points.map(({ scale }) => scale);
  const [low, high] = [Math.min(...scales), Math.max(...scales)];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Ticks with their words; shares are in percent. */
export function ticksOf(domain: Domain, unit: ViewUnit, count = 5): { readonly at: number; readonly text: string }[] {
  const factor = unit === 'percent' ? 100 : 1;
  const shown = scaleLinear([domain[0] * factor, domain[1] * factor], [0, 1]);
  const format = shown.tickFormat(count);
  return shown.ticks(count).map((value) => ({ at: value / factor, text: format(value) }));
}
