import type { LibraryItem } from '../../library/item.ts';
import type { PortRequest } from '../../port/plan/planTypes.ts';
import type { Answers, PortDraft } from './answers.ts';
import {
  askBase,
  askCombination,
  askFolder,
  askKind,
  askOldBase,
  askPatch,
  askScale,
  askTied,
  askWeights,
  type Step,
} from './portSteps.ts';

const TITLE = 'Port Patch';

/** What a folder is, also one that the library does not list. */
type Lookup = (path: string) => Promise<LibraryItem | undefined>;

/**
 * Asks for patch, new base, kind of output, folder and scale; what was clicked is not asked again. The old base is asked for
 * only where part of the patch is a difference against it, and about a tied head only where the patch changes it.
 *
 * @returns undefined if the person gave up
 */
export async function askForPort(
  items: readonly LibraryItem[],
  draft: PortDraft,
  lookup: Lookup,
): Promise<PortRequest | undefined> {
  const answers: Answers = { ...draft };
  for (let step = 0; ;) {
    const steps = await stepsFor(draft, answers, lookup);
    const next = steps[step];
    if (next === undefined) return toRequest(answers);
    const outcome = await next({ title: TITLE, step: step + 1, totalSteps: steps.length }, items, answers);
    if (outcome === 'cancelled') return undefined;
    step += outcome === 'back' ? -1 : 1;
  }
}

/** The questions, in order; later ones depend on earlier answers. */
async function stepsFor(draft: PortDraft, answers: Answers, lookup: Lookup): Promise<Step[]> {
  const [patch, onto] = [await find(answers.patch, lookup), await find(answers.onto, lookup)];
  const several = (draft.others ?? []).length > 0;
  return [
    ...(draft.patch === undefined ? [askPatch] : []),
    ...(several ? [askWeights, askCombination] : []),
    ...(draft.onto === undefined ? [askBase] : []),
    ...(needsOldBase(patch) && draft.from === undefined ? [askOldBase] : []),
    askKind,
    ...(answers.as === 'checkpoint' && touchesTiedHead(patch, onto) ? [askTied] : []),
    askFolder,
    askScale,
  ];
}

async function find(path: string | undefined, lookup: Lookup): Promise<LibraryItem | undefined> {
  return path === undefined ? undefined : lookup(path);
}

function needsOldBase(patch: LibraryItem | undefined): boolean {
  return patch !== undefined && patch.kind !== 'baseModel' && patch.needsOldBase;
}

function touchesTiedHead(patch: LibraryItem | undefined, onto: LibraryItem | undefined): boolean {
  const changes = patch !== undefined && patch.kind !== 'baseModel' && patch.changesVocabulary;
  return changes && onto?.kind === 'baseModel' && onto.tiesEmbeddings;
}

function toRequest(answers: Answers): PortRequest {
  const { patch, others = [], weights = [], combination = 'cat', onto, from, out, as, scale, tied } = answers;
  if (patch === undefined || onto === undefined || out === undefined || as === undefined || scale === undefined)
    throw new Error('a step of the wizard left its answer open');
  const request = { patch, onto, from, out, as, scale, tied };
  if (others.length === 0) return request;
  const plus = others.map((other, i) => ({ patch: other, weight: weights[i + 1] ?? 1 }));
  const combine = { combination, density: DENSITY, seed: 0 };
  return { ...request, weight: weights[0] ?? 1, plus, combine };
}

/** What TIES and DARE keep: their papers' usual choice lies between 0.2 and 0.7. */
const DENSITY = 0.5;
