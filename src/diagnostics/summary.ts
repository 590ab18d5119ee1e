import type { PortPlan } from '../port/plan/planTypes.ts';
import { plural } from '../base/format.ts';
import { SCALES } from './probeTypes.ts';
import type {
  Aggregate,
  DiagnoseRequest,
  Diagnosis,
  Finding,
  NextStep,
  OutputDtype,
  Summary,
  TensorDiagnosis,
  Verdict,
  Weight,
} from './types.ts';
import { OUTPUT_DTYPES, VERDICTS, WEIGHTS } from './types.ts';

/** Rules of thumb: no paper gives a threshold that was calibrated for this (methods that were read: see docs of each source). */
const SAME_LINEAGE = 0.9;
const OTHER_LINEAGE = 0.5;
/** Standard deviations of what chance gives. */
const UNLIKELY = 5;
const WITHIN_CHANCE = 3;
const SHARED = 0.05;
const LOST = 0.3;
const LOUD = 1;
const UNEVEN = 3;

const GRADFIX = 'https://arxiv.org/abs/2510.09658';
const STAGES = 'https://arxiv.org/abs/2503.20110';
const ORTHOGONAL = 'https://arxiv.org/abs/2607.20301';
const MERGEABILITY = 'https://arxiv.org/abs/2601.22285';
const TRANS_PEFT = 'https://arxiv.org/abs/2506.06844';

type Figures = Pick<Diagnosis, 'tensors' | 'all' | 'groups'>;
type Rule = (figures: Figures, request: DiagnoseRequest, plan: PortPlan) => Finding[];

/** In words: what is certain, what is a hint and how good its evidence is, and what to try next. */
export function summarise(request: DiagnoseRequest, plan: PortPlan, figures: Figures): Summary {
  const findings = RULES.flatMap((rule) => rule(figures, request, plan));
  return { verdict: verdictOf(findings), findings, next: nextSteps(figures, request) };
}

/** The gravest of all. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const gravest = Math.max(0, ...findings.map(({ verdict }) => WEIGHTS.indexOf(verdict) - 1));
  return VERDICTS[gravest] ?? 'fits';
}

const fit: Rule = (_figures, _request, { coverage, warnings }) => [
  certain(
    'fits',
    `Every one of the ${plural(coverage.patchTensors, 'tensor')} of the patch fits the new base, in name and shape: ${plural(coverage.touchedTensors, 'weight')} would change.`,
  ),
  ...warnings.map((warning) => certain('look closer', warning)),
];

const lineage: Rule = ({ tensors, all }, { from }) => {
  if (from === undefined)
    return [
      certain(
        'look closer',
        'Without the old base it cannot be said how far the base moved, nor whether the two are related, which decides whether a port can work.',
      ),
    ];
  const known = tensors.flatMap((tensor) => (tensor.lineage === null ? [] : [{ ...tensor, lineage: tensor.lineage }]));
  const least = known.toSorted((a, b) => a.lineage - b.lineage)[0];
  if (least === undefined || all.lineage === null)
    return [certain('look closer', 'Old and new base have tensors of different shapes, which cannot be compared.')];
  if (hasNotMoved(all))
    return [
      certain(
        'look closer',
        'Old and new base hold the same weights where the patch is, so that this is no port: is it the right old base?',
      ),
    ];
  const apart = known.filter((tensor) => tensor.lineage < OTHER_LINEAGE);
  const figures = `cos(W, W′) is ${number(all.lineage)} over all, the lowest ${number(least.lineage)} (${least.target}).`;
  const { verdict, text } = lineageWords(apart.length, known.length, least.lineage);
  return [{ verdict, text: `${text}: ${figures}`, grade: 'A', source: GRADFIX, figure: 'lineage' }];
};

/** Most tensors decide; some that stand out may have been replaced, or their rows moved. */
function lineageWords(apart: number, count: number, least: number): { verdict: Verdict; text: string } {
  if (apart > count / 2)
    return {
      verdict: 'does not fit',
      text: 'The bases seem to be trained apart, and adding a patch is then worth nothing',
    };
  if (apart > 0)
    return {
      verdict: 'look closer',
      text: `${apart} of ${plural(count, 'tensor')} have little in common with the old base's, the others do: were they replaced, or their rows moved`,
    };
  return least >= SAME_LINEAGE
    ? {
        verdict: 'fits',
        text: 'The bases are close relatives: one was trained on from the other, or both from a common one',
      }
    : { verdict: 'look closer', text: 'The bases are related, but far from each other' };
}

function hasNotMoved({ norms }: Aggregate): boolean {
  return norms.evolution === 0;
}

const load: Rule = ({ all }) => {
  const { evolution, oldWeight, delta } = all.norms;
  if (evolution === null || oldWeight === null || delta === 0 || hasNotMoved(all)) return [];
  const text = `The base moved by ${percent(evolution / oldWeight)} of its size, ${number(evolution / delta)} times as far as the patch does. There is no limit for it; a boundary between training stages matters more.`;
  return [{ verdict: 'note', text, grade: 'C', source: STAGES }];
};

const alignment: Rule = ({ all, tensors }) => {
  const { cosine } = all;
  // Of bases that are not related, it means nothing.
  if (cosine === null || hasNotMoved(all) || isApart(tensors)) return [];
  const { value, chance } = cosine;
  const isChance = Math.abs(value) <= WITHIN_CHANCE * chance;
  const isShared = Math.abs(value) > UNLIKELY * chance && Math.abs(value) > SHARED;
  const along = value > 0 ? 'along the patch' : 'against the patch';
  const figures = `cos(Δ, S) is ${signed(value)}, by chance ± ${number(chance)}`;
  const text = isChance
    ? `The base moved neither along the patch nor against it, as where ports were seen to work: ${figures}.`
    : isShared
      ? `The base moved ${along}${value > 0 ? ', so that part of it may be counted twice' : ''}: ${figures}.`
      : `The base moved only slightly ${along}: ${figures}. That is more than chance, but far below ${SHARED}, where it would matter.`;
  return [{ verdict: isShared ? 'look closer' : 'fits', text, grade: 'C', source: ORTHOGONAL, figure: 'cosine' }];
};

function isApart(tensors: readonly TensorDiagnosis[]): boolean {
  const known = tensors.filter(({ lineage: value }) => value !== null);
  return known.filter(({ lineage: value }) => (value ?? 1) < OTHER_LINEAGE).length > known.length / 2;
}

const subspaces: Rule = ({ tensors }) => {
  const sides = (['columns', 'rows'] as const).flatMap((side) => {
    const known = tensors.flatMap(({ alignment: of }) => of?.[side] ?? []);
    if (known.length === 0) return [];
    const name = side === 'columns' ? 'outputs' : 'inputs';
    return [
      `${name} ${percent(mean(known.map(({ value }) => value)))} (by chance ${percent(mean(known.map(({ chance }) => chance)))})`,
    ];
  });
  if (sides.length === 0) return [];
  const text = `The leading directions in which the base moved hold, of the patch's directions on average: ${sides.join(', ')}. In merging, overlap speaks for compatibility; for ports nobody has shown which way it goes.`;
  return [{ verdict: 'note', text, grade: 'B', source: MERGEABILITY }];
};

const rounding: Rule = ({ tensors, all }, _request, { newBase }) => {
  const dtype = OUTPUT_DTYPES.find((one) => one === newBase.dtype);
  if (dtype === undefined) return [];
  const { absorbed, error } = all.rounding[dtype];
  const isLost = error > LOST;
  const worst = tensors.toSorted((a, b) => b.rounding[dtype].error - a.rounding[dtype].error)[0];
  const text =
    `A checkpoint in ${dtype} ${isLost ? 'loses much of the patch' : 'takes up the patch'}: rounding leaves an error of ${percent(error)} of it` +
    ` (at worst ${percent(worst?.rounding[dtype].error ?? 0)}, ${worst?.target ?? ''}); ${percent(absorbed)} of the elements stay as they are.` +
    ` ${others(all, dtype)}; an adapter loses nothing.`;
  return [{ ...certain(isLost ? 'look closer' : 'fits', text), figure: `error${dtype}` }];
};

function others({ rounding: of }: Aggregate, dtype: OutputDtype): string {
  return OUTPUT_DTYPES.filter((one) => one !== dtype)
    .map((one) => `In ${one} it would be ${percent(of[one].error)}`)
    .join(', ')
    .replace(', In', ', in');
}

const size: Rule = ({ tensors }) => {
  const loud = tensors.filter(({ norms: { delta, weight } }) => delta > LOUD * weight);
  const silent = tensors.filter(({ norms: { delta } }) => delta === 0);
  return [
    ...(loud.length === 0
      ? []
      : [
          hint(
            `In ${named(loud)} the patch is larger than the weight that it is added to, up to ${number(Math.max(...loud.map(relativeSize)))} times: is its scale right?`,
          ),
        ]),
    ...(silent.length === 0 ? [] : [hint(`In ${named(silent)} the patch is zero: was it trained?`)]),
  ];
};

function relativeSize({ norms: { delta, weight } }: TensorDiagnosis): number {
  return weight === 0 ? Infinity : delta / weight;
}

function hint(text: string): Finding {
  return { verdict: 'look closer', text, grade: 'C', source: null, figure: 'relative' };
}

const feedForward: Rule = ({ groups }) => {
  const [attention, other] = (['attention', 'feed-forward'] as const).map((name) => relative(groups, name));
  if (attention == null || other == null || attention === 0 || other < UNEVEN * attention) return [];
  const text = `The feed-forward layers moved ${number(other / attention)} times as far as attention did, relative to their size: the patch's part in them may fit less.`;
  return [{ verdict: 'look closer', text, grade: 'A', source: TRANS_PEFT, figure: 'moved' }];
};

function relative(groups: readonly Aggregate[], name: string): number | undefined {
  const { evolution = null, oldWeight = null } = groups.find((group) => group.name === name)?.norms ?? {};
  return evolution === null || oldWeight === null || oldWeight === 0 ? undefined : evolution / oldWeight;
}

const retrained: Rule = ({ all: { retrained: of } }) => {
  if (of === null) return [];
  const text =
    `The retrained patch is ${number(of.distance.value)} times ‖Δ‖ away (${number(of.distance.chance)} where the two are orthogonal), ` +
    `cosine ${signed(of.cosine.value)} (by chance ± ${number(of.cosine.chance)}). Patches of one task are often as far apart as random ones and still score alike: evaluate both.`;
  return [{ verdict: 'note', text, grade: 'A', source: ORTHOGONAL }];
};

const RULES: readonly Rule[] = [fit, lineage, rounding, size, load, alignment, subspaces, feedForward, retrained];

function nextSteps({ groups }: Figures, { patch, onto, from }: DiagnoseRequest): NextStep[] {
  const both = ['attention', 'feed-forward'].every((name) => groups.some((group) => group.name === name));
  const evaluate = `portllm evaluate ${onto} --patch ${patch}`;
  return [
    ...(from === undefined
      ? [
          {
            text: 'Name the old base: then it can be said how far the base moved, and whether along the patch.',
            command: `portllm diagnose ${patch} --onto ${onto} --from …`,
          },
        ]
      : []),
    {
      text: 'Evaluate the port on a task of your own: no figure of weights tells how it scores.',
      command: `${evaluate} --task …`,
    },
    {
      text: 'Sweep the scale λ of the patch. A score that peaks below 1, or falls from the beginning, is a warning.',
      command: `${evaluate} --scales ${SCALES.join(',')} --task …`,
    },
    ...(both
      ? [
          {
            text: 'If feed-forward layers look worse than attention, try a patch of the attention layers alone.',
            command: null,
          },
        ]
      : []),
  ];
}

function certain(verdict: Weight, text: string): Finding {
  return { verdict, text, grade: 'certain', source: null };
}

function named(tensors: readonly TensorDiagnosis[]): string {
  const [first] = tensors;
  return tensors.length === 1 ? (first?.target ?? '') : `${tensors.length} tensors (${first?.target ?? ''} …)`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value);
}

function percent(share: number): string {
  return `${number(100 * share)} %`;
}
