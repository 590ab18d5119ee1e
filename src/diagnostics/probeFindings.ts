import { plural } from '../base/format.ts';
import type { BlendLine, Estimate, ProbePoint, ScaleLine, TaskProbe } from './probeTypes.ts';
import type { Finding, Verdict } from './types.ts';

/** Standard errors beyond which a difference is taken for one. A rule of thumb; no paper gives one for ports. */
const BEYOND = 2;
/** Of what the patch gains on the new base: bumps below this share are called flat, however surely they are there. */
const BUMP = 0.05;
const STAGES = 'https://arxiv.org/abs/2503.20110';

/** The lines of each task in words. Flat in t and falling in λ is fine; a bump or an early minimum asks for a closer look. */
export function probeFindings(tasks: readonly TaskProbe[]): Finding[] {
  return tasks.flatMap(({ task, items, blend, scales }) => {
    const on = `${task}, ${plural(items, 'item')}: `;
    return [...(blend === null ? [] : [ofBlend(blend, scales, on)]), ofScales(scales, on)];
  });
}

function ofBlend({ points, barrier }: BlendLine, scales: ScaleLine, on: string): Finding {
  const gain = Math.max(0, pointAt(scales.points, 0).loss - pointAt(scales.points, 1).loss);
  const isBump = isAbove(barrier) && barrier.value > BUMP * gain;
  const port = pointAt(points, 1);
  const shape =
    barrier.value <= 0
      ? `lies below the straight line between its ends everywhere, by ${estimate(barrier, -1)} where it is nearest (t = ${barrier.at})`
      : `rises above the straight line between its ends by ${estimate(barrier)} at the most (t = ${barrier.at})`;
  const meaning = isBump
    ? 'a bump: the bases may not lie in one basin'
    : barrier.value > 0
      ? `no bump to speak of${isAbove(barrier) ? `, less than ${100 * BUMP} % of what the patch gains` : ''}`
      : 'no bump';
  const ends = `from ${value(pointAt(points, 0))} (patch on its own base) to ${value(port)} (port), a difference of ${estimate(port.against0)}`;
  return hint(
    isBump ? 'look closer' : 'fits',
    `${on}between the bases the loss goes ${ends}; it ${shape}: ${meaning}.`,
  );
}

function ofScales({ points, rise, minimum }: ScaleLine, on: string): Finding {
  const [base, least] = [pointAt(points, 0), pointAt(points, minimum)];
  const ends = `${on}the loss goes from ${value(base)} (new base) to ${value(pointAt(points, 1))} (port); `;
  const short = { value: -least.against1.value, stderr: least.against1.stderr };
  if (minimum >= 1) {
    const isRise = rise !== null && isAbove(rise);
    const within = isRise ? '' : ', which is within the error of that step';
    const how =
      rise === null
        ? 'it falls with every step of λ up to 1'
        : `it falls, but for ${estimate(rise)} more from λ = ${rise.from} to ${rise.to}${within}`;
    return hint(isRise ? 'look closer' : 'fits', `${ends}${how}; it is least at λ = ${minimum}.`);
  }
  if (minimum === 0)
    return hint('look closer', `${ends}it is least without the patch, which does not help on the new base.`);
  const isEarly = isAbove(short);
  const meaning = isEarly
    ? 'the patch overshoots on the new base; try that scale'
    : 'which is within the error of the difference';
  return hint(
    isEarly ? 'look closer' : 'fits',
    `${ends}it is least at λ = ${minimum}, by ${estimate(short)} below λ = 1: ${meaning}.`,
  );
}

/** Above zero, by more than its error explains. */
function isAbove({ value: of, stderr }: Estimate): boolean {
  return of > BEYOND * (stderr ?? 0);
}

/** The point of this parameter; all lines have one at 0, at 1 and at their minimum. */
export function pointAt(points: readonly ProbePoint[], parameter: number): ProbePoint {
  const found = points.find((point) => point.parameter === parameter);
  if (found === undefined) throw new Error(`the line has no point at ${parameter}`);
  return found;
}

function value({ loss, stderr }: ProbePoint): string {
  return estimate({ value: loss, stderr });
}

function estimate({ value: of, stderr }: Estimate, sign = 1): string {
  const shown = number(sign * of);
  return stderr === null ? shown : `${shown} ± ${number(stderr)}`;
}

function number(of: number): string {
  return String(Number(of.toPrecision(3)));
}

function hint(verdict: Verdict, text: string): Finding {
  return { verdict, text, grade: 'A', source: STAGES };
}
