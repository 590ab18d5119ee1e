import { DIRECTIONS, type DiagnoseRequest } from '../../diagnostics/types.ts';
import type { ProbeRequest } from '../../evaluation/probe/request.ts';
import type { LibraryItem } from '../../library/item.ts';
import { isPatch } from '../../library/lineage.ts';
import type { EvaluateSettings } from '../settings.ts';
import type { StepResult } from './answers.ts';
import type { Answers as EvaluationAnswers, World } from './evaluation/answers.ts';
import { SEED } from './evaluation/request.ts';
import { askLimit, askTasks } from './evaluation/runSteps.ts';
import { pick, type Choice, type StepPosition } from './multiStep.ts';
import { itemChoice, pickFolder, take } from './pickFolder.ts';
import { baseChoices, describePatch } from './portSteps.ts';

/** What is known already; what a person answers is added. */
export type DiagnoseDraft = Partial<DiagnoseRequest>;

interface Answers {
  patch?: string | undefined;
  onto?: string | undefined;
  /** Null where there is none. */
  from?: string | null | undefined;
  against?: string | null | undefined;
  directions?: number | undefined;
  /** Whether a task's loss is probed too. */
  probes?: boolean;
  /** About its tasks. */
  readonly evaluation: EvaluationAnswers;
}

/** What is asked for; a probe runs after it. */
export interface DiagnosisRequests {
  readonly request: DiagnoseRequest;
  readonly probe: ProbeRequest | undefined;
}

type Step = (at: StepPosition, world: World, answers: Answers) => Promise<StepResult>;

/** No folder has an empty path. */
const SKIPPED = '';
const NAMED = 'the patch names it as its base';

const askPatch: Step = async (at, { items }, answers) =>
  take(await pickFolder(at, 'Diagnose which patch?', patchChoices(items)), (folder) => (answers.patch = folder));

const askBase: Step = async (at, { items }, answers) => {
  const choices = baseChoices(items, answers.patch, 'the base this patch was made for');
  return take(await pickFolder(at, 'On which new base?', choices), (folder) => (answers.onto = folder));
};

const askOldBase: Step = async (at, { items }, answers) => {
  const choices = baseChoices(items, answers.patch, NAMED)
    .filter(({ value }) => value !== answers.onto)
    .toSorted((a, b) => Number(isNamed(b)) - Number(isNamed(a)));
  const skip = { label: 'Skip', detail: 'Nothing will be known of how the base moved.', value: SKIPPED };
  const question = 'Which base was the patch trained on? It shows how far the base moved, and whether along the patch';
  return take(
    await pickFolder(at, question, [...choices, skip], answers.from ?? undefined),
    (folder) => (answers.from = folder === SKIPPED ? null : folder),
  );
};

function isNamed({ detail }: Choice<string>): boolean {
  return detail?.startsWith(NAMED) === true;
}

const askRetrained: Step = async (at, { items }, answers) => {
  const skip = { label: 'Skip', detail: 'There is none, or it does not matter.', value: SKIPPED };
  const choices = patchChoices(items).filter(({ value }) => value !== answers.patch);
  const question = 'Is there a patch for the same task that was retrained on the new base?';
  return take(
    await pickFolder(at, question, [skip, ...choices], answers.against ?? undefined),
    (folder) => (answers.against = folder === SKIPPED ? null : folder),
  );
};

const askDepth: Step = async (at, _world, answers) => {
  const choices: Choice<number>[] = [
    {
      label: 'Everything',
      detail: `Reads the weights several times: the ${DIRECTIONS} leading directions of every weight and of its evolution too.`,
      value: DIRECTIONS,
    },
    { label: 'Quick', detail: 'Reads each weight once: sizes, evolution, cosines and rounding.', value: 0 },
  ];
  return take(await pick(at, 'How thorough?', choices, answers.directions), (value) => (answers.directions = value));
};

function patchChoices(items: readonly LibraryItem[]): Choice<string>[] {
  return items
    .filter((item) => isPatch(item) && item.problem === undefined)
    .map((item) => itemChoice(item, describePatch(item)));
}

const askProbe: Step = async (at, _world, answers) => {
  const choices: Choice<boolean>[] = [
    { label: 'Weights only', detail: 'No model is run.', value: false },
    {
      label: 'Weights and a task',
      detail:
        'Also the loss of a task, by forward passes: from the old base over bases in between to the port, and over scales of the patch.',
      value: true,
    },
  ];
  const question = 'Shall a task tell too?';
  return take(await pick(at, question, choices, answers.probes), (value) => (answers.probes = value));
};

const askTask: Step = (at, world, { evaluation }) => askTasks(at, world, evaluation);
const askItems: Step = (at, world, { evaluation }) => askLimit(at, world, evaluation);

/**
 * Asks for patch, new base, old base, a retrained patch, how much, and a task; what is known is not asked.
 *
 * @returns undefined if the person gave up
 */
export async function askForDiagnosis(
  world: World,
  draft: DiagnoseDraft,
  settings: EvaluateSettings,
): Promise<DiagnosisRequests | undefined> {
  const evaluation = {
    tasks: [],
    taskFiles: [],
    data: settings.dataFolder,
    extras: [],
    oldBases: new Map(),
    limit: 100,
  };
  const answers: Answers = { ...draft, evaluation };
  for (let step = 0; ;) {
    const steps = stepsFor(draft, answers);
    const next = steps[step];
    if (next === undefined) return requestsOf(answers, draft.scale ?? 1, settings);
    const outcome = await next({ title: 'Diagnose', step: step + 1, totalSteps: steps.length }, world, answers);
    if (outcome === 'cancelled') return undefined;
    step += outcome === 'back' ? -1 : 1;
  }
}

function stepsFor(draft: DiagnoseDraft, { probes = false }: Answers): Step[] {
  return [
    ...(draft.patch === undefined ? [askPatch] : []),
    ...(draft.onto === undefined ? [askBase] : []),
    ...(draft.from === undefined ? [askOldBase] : []),
    ...(draft.against === undefined ? [askRetrained] : []),
    askDepth,
    askProbe,
    ...(probes ? [askTask, askItems] : []),
  ];
}

function requestsOf(answers: Answers, scale: number, { bos }: EvaluateSettings): DiagnosisRequests {
  const { patch, onto, directions, probes = false, evaluation } = answers;
  if (patch === undefined || onto === undefined || directions === undefined)
    throw new Error('a step of the wizard left its answer open');
  const from = answers.from ?? undefined;
  const { tasks, data, limit } = evaluation;
  return {
    request: { patch, onto, from, against: answers.against ?? undefined, directions, scale },
    probe: probes ? { patch, onto, from, scale, tasks, data, limit, bos, seed: SEED } : undefined,
  };
}
