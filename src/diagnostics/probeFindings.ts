import { plural } from '../base/format.ts';
import type { BlendLine, Estimate, ProbePoint, ScaleLine, Step, TaskProbe } from './probeTypes.ts';
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
      ? `does not rise above the straight line between its ends (nearest at t = ${barrier.at}, ${estimate(barrier, -1)} below it)`
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
  const [base, port] = [pointAt(points, 0), pointAt(points, 1)];
  const gain = base.against1;
  const ends = `${on}the loss goes from ${value(base)} (new base) to ${value(port)} (port), a ${gain.value < 0 ? 'loss' : 'gain'} of ${estimate({ ...gain, value: Math.abs(gain.value) })}`;
  const harm = { value: -gain.value, stderr: gain.stderr };
  if (minimum === 0 && isAbove(harm))
    return hint(
      'does not fit',
      `On these items the port is worse than the new base alone: ${ends}; it is least without the patch, which does not help on the new base.`,
    );
  const least = pointAt(points, minimum);
  const below = { value: -least.against1.value, stderr: least.against1.stderr };
  const early = `${ends}; it is least at λ = ${minimum}, by ${estimate(below)} below λ = 1`;
  if (minimum < 1 && isAbove(below))
    return hint('look closer', `${early}: the patch overshoots on the new base; try that scale.`);
  if (!isAbove(gain))
    return hint('look closer', `${ends}, within its error: these items do not show that the patch helps.`);
  if (minimum < 1) return hint('fits', `${early}, which is within the error of that difference.`);
  return ofFall(rise, minimum, ends);
}

function ofFall(rise: Step | null, minimum: number, ends: string): Finding {
  const isRise = rise !== null && isAbove(rise);
  const within = isRise ? '' : ', which is within the error of that step';
  const how =
    rise === null
      ? 'it falls with every step of λ up to 1'
      : `it falls, but for ${estimate(rise)} more from λ = ${rise.from} to ${rise.to}${within}`;
  return hint(isRise ? 'look closer' : 'fits', `${ends}; ${how}; it is least at λ = ${minimum}.`);
}

/** Above zero, by more than its error explains; one without an error proves nothing. */
function isAbove({ value: of, stderr }: Estimate): boolean {
  return stderr !== null && of > BEYOND * stderr;
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
  return String(Number(of.toPrecision(3))).replace('-', '−');
}

function hint(verdict: Verdict, text: string): Finding {
  return { verdict, text, grade: 'A', source: STAGES };
}
