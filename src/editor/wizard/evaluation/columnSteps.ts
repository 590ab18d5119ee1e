import type { LibraryItem } from '../../../library/item.ts';
import { isCheckpoint, isPatch } from '../../../library/lineage.ts';
import { problemText, UserError } from '../../../base/errors.ts';
import { showWarning } from '../../messages.ts';
import { pickMany, type Choice, type StepOutcome, type StepPosition } from '../multiStep.ts';
import { itemChoice, pickFolder, take } from '../pickFolder.ts';
import { baseChoices, describePatch } from '../portSteps.ts';
import { subjectOf, type Answers, type Step, type World } from './answers.ts';
import { besidePorted, ownBase, type PlannedColumn } from './columns.ts';
import { labelOf } from './request.ts';
import { plainText } from '../../../base/plainText.ts';

const FORGOTTEN = { oldBase: undefined, retrained: undefined, out: undefined };

/** No folder has an empty path. */
const SKIPPED = '';

interface Wanted {
  readonly what: string;
  readonly is: (item: LibraryItem) => boolean;
}

const MODEL: Wanted = { what: 'model', is: isCheckpoint };
const PATCH: Wanted = { what: 'patch', is: isPatch };
const ANY: Wanted = { what: 'model and no patch', is: () => true };

/** What was chosen, or null where that was to skip; a folder that is nothing of the kind is told and asked again. */
async function pickItem(
  at: StepPosition,
  question: string,
  choices: readonly Choice<string>[],
  { lookUp }: World,
  wanted: Wanted,
  current: string | null | undefined,
): Promise<StepOutcome<LibraryItem | null>> {
  for (;;) {
    const outcome = await pickFolder(at, question, choices, current === null ? SKIPPED : current);
    if (outcome === 'back' || outcome === 'cancelled') return outcome;
    if (outcome.value === SKIPPED) return { value: null };
    try {
      const item = await lookUp(outcome.value);
      if (item.problem === undefined && wanted.is(item)) return { value: item };
      void showWarning(item.problem ?? `${item.path} is no ${wanted.what}.`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      void showWarning(problemText(error));
    }
  }
}

export const askSubject: Step = async (at, world, answers) => {
  const choices = world.items
    .filter(({ problem }) => problem === undefined)
    .map((item) => itemChoice(item, item.kind === 'baseModel' ? item.architecture : describePatch(item)));
  return take(await pickItem(at, 'Evaluate which model or patch?', choices, world, ANY, undefined), (chosen) => {
    forget(answers);
    answers.subject = subjectOf(chosen === null ? [] : [chosen]);
  });
};

/** Another subject has other columns, and another folder suggested for it. */
function forget(answers: Answers): void {
  Object.assign(answers, { ...FORGOTTEN, newBase: undefined, patches: undefined, beside: undefined });
}

export const askNewBase: Step = async (at, world, answers) => {
  const patch = answers.subject?.kind === 'patch' ? answers.subject.patch.path : undefined;
  const choices = baseChoices(world.items, patch, 'the base this patch was made for');
  return take(await pickItem(at, 'On which (new) base?', choices, world, MODEL, answers.newBase), (chosen) => {
    if (answers.newBase !== chosen?.path) Object.assign(answers, FORGOTTEN);
    answers.newBase = chosen?.path;
  });
};

/** The base that the patch names comes first; where part of the patch is a difference against it, it cannot be skipped. */
export function askOldBase(patch: LibraryItem, isNeeded: boolean): Step {
  return async (at, world, answers) => {
    const own = ownBase(patch, world.items)?.path;
    const choices = baseChoices(world.items, patch.path, 'the patch names it as its base')
      .filter(({ value }) => value !== answers.newBase)
      .toSorted((a, b) => Number(b.value === own) - Number(a.value === own));
    const skip = { label: 'Skip', detail: 'Only the new base is compared.', value: SKIPPED };
    const question = isNeeded
      ? 'Which base was the patch trained on? Part of it is a difference against that one'
      : 'Which base was it trained on? It shows what the patch was worth there';
    const shown = isNeeded ? choices : [...choices, skip];
    return take(await pickItem(at, question, shown, world, MODEL, answers.oldBase), (chosen) => {
      answers.oldBase = chosen?.path ?? null;
    });
  };
}

export const askRetrained: Step = async (at, world, answers) => {
  const skip = { label: 'Skip', detail: 'There is none, or it does not matter.', value: SKIPPED };
  const patch = answers.subject?.kind === 'patch' ? answers.subject.patch.path : undefined;
  const choices = patchChoices(world.items, answers.newBase).filter(({ value }) => value !== patch);
  const question = 'Is there a patch for the same task that was retrained on the new base?';
  const current = answers.retrained === null ? null : answers.retrained?.path;
  return take(await pickItem(at, question, [skip, ...choices], world, PATCH, current), (chosen) => {
    answers.retrained = chosen;
  });
};

/** Those that name the base first. */
function patchChoices(items: readonly LibraryItem[], base: string | undefined): Choice<string>[] {
  const patches = items.filter((item) => isPatch(item) && item.problem === undefined);
  const isOwn = (item: LibraryItem): boolean => base !== undefined && ownBase(item, items)?.path === base;
  return patches
    .toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a)))
    .map((item) => itemChoice(item, isOwn(item) ? 'made for this base' : describePatch(item)));
}

/** None is an answer too: the model alone. */
export const askPatches: Step = async (at, { items }, answers) => {
  const model = answers.subject?.kind === 'model' ? answers.subject.model.path : undefined;
  const chosen = new Set(answers.patches?.map(({ path }) => path));
  const choices = patchChoices(items, model).map((choice) => ({ ...choice, picked: chosen.has(choice.value) }));
  const keep = (values: readonly string[]): void =>
    void (answers.patches = items.filter(({ path }) => values.includes(path)));
  const question = 'Which patches on it? None, for the model alone';
  return take(await pickMany<string>(at, question, choices, [], keep), ({ values = [] }) => keep(values));
};

/** Of a patch that cannot be added without it. */
export function askOldBaseOf(patch: LibraryItem): Step {
  return async (at: StepPosition, world, answers) => {
    const question = `Which base was ${patch.name} trained on? Part of it is a difference against that one`;
    const choices = baseChoices(world.items, patch.path, 'the patch names it as its base');
    const current = answers.oldBases.get(patch.path);
    return take(await pickItem(at, question, choices, world, MODEL, current), (chosen) => {
      if (chosen !== null) answers.oldBases.set(patch.path, chosen.path);
    });
  };
}

export const askBeside: Step = async (at, { items }, answers) => {
  if (answers.subject?.kind !== 'ported') return 'next';
  const { beside } = answers;
  const choices = besidePorted(answers.subject.ported, items).map(({ column, picked }) => ({
    label: plainText(labelOf({ model: column.model, patches: patchesOf(column) })),
    ...(column.role === undefined ? {} : { description: column.role }),
    detail: plainText(column.patch ?? column.model),
    picked: beside === undefined ? picked : beside.some((one) => isSame(one, column)),
    value: column,
  }));
  const keep = (values: readonly PlannedColumn[]): void => void (answers.beside = values);
  return take(await pickMany<PlannedColumn>(at, 'Compared with what?', choices, [], keep), ({ values = [] }) =>
    keep(values),
  );
};

function patchesOf({ patch }: PlannedColumn): { patch: string; scale: number }[] {
  return patch === undefined ? [] : [{ patch, scale: 1 }];
}

function isSame(a: PlannedColumn, b: PlannedColumn): boolean {
  return a.model === b.model && a.patch === b.patch;
}
