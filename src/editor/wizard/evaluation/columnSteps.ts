import type { LibraryItem } from '../../../library/item.ts';
import { isPatch } from '../../../library/lineage.ts';
import { pickMany, type Choice, type StepPosition } from '../multiStep.ts';
import { itemChoice, pickFolder, take } from '../pickFolder.ts';
import { baseChoices, describePatch } from '../portSteps.ts';
import { subjectOf, type Answers, type Step } from './answers.ts';
import { besidePorted, ownBase, type PlannedColumn } from './columns.ts';
import { labelOf } from './request.ts';

const FORGOTTEN = { oldBase: undefined, retrained: undefined, out: undefined };

/** No folder has an empty path. */
const SKIPPED = '';

export const askSubject: Step = async (at, { items, lookUp }, answers) => {
  const choices = items
    .filter(({ problem }) => problem === undefined)
    .map((item) => itemChoice(item, item.kind === 'baseModel' ? item.architecture : describePatch(item)));
  const outcome = await pickFolder(at, 'Evaluate which model or patch?', choices);
  if (outcome === 'back' || outcome === 'cancelled') return outcome;
  const chosen = await lookUp(outcome.value);
  forget(answers);
  answers.subject = subjectOf([chosen]);
  return 'next';
};

/** Another subject has other columns, and another folder suggested for it. */
function forget(answers: Answers): void {
  Object.assign(answers, { ...FORGOTTEN, newBase: undefined, patches: undefined, beside: undefined });
}

export const askNewBase: Step = async (at, { items }, answers) => {
  const patch = answers.subject?.kind === 'patch' ? answers.subject.patch.path : undefined;
  const choices = baseChoices(items, patch, 'the base this patch was made for');
  return take(await pickFolder(at, 'On which (new) base?', choices), (folder) => {
    if (answers.newBase !== folder) Object.assign(answers, FORGOTTEN);
    answers.newBase = folder;
  });
};

/** The base that the patch names comes first; where part of the patch is a difference against it, it cannot be skipped. */
export function askOldBase(patch: LibraryItem, isNeeded: boolean): Step {
  return async (at, { items }, answers) => {
    const own = ownBase(patch, items)?.path;
    const choices = baseChoices(items, patch.path, 'the patch names it as its base')
      .filter(({ value }) => value !== answers.newBase)
      .toSorted((a, b) => Number(b.value === own) - Number(a.value === own));
    const skip = { label: 'Skip', detail: 'Only the new base is compared.', value: SKIPPED };
    const question = isNeeded
      ? 'Which base was the patch trained on? Part of it is a difference against that one'
      : 'Which base was it trained on? It shows what the patch was worth there';
    return take(await pickFolder(at, question, isNeeded ? choices : [...choices, skip]), (folder) => {
      answers.oldBase = folder === SKIPPED ? null : folder;
    });
  };
}

export const askRetrained: Step = async (at, { items, lookUp }, answers) => {
  const skip = { label: 'Skip', detail: 'There is none, or it does not matter.', value: SKIPPED };
  const patch = answers.subject?.kind === 'patch' ? answers.subject.patch.path : undefined;
  const choices = patchChoices(items, answers.newBase).filter(({ value }) => value !== patch);
  const question = 'Is there a patch for the same task that was retrained on the new base?';
  const outcome = await pickFolder(at, question, [skip, ...choices]);
  if (outcome === 'back' || outcome === 'cancelled') return outcome;
  answers.retrained = outcome.value === SKIPPED ? null : await lookUp(outcome.value);
  return 'next';
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
  return take(
    await pickMany<string>(at, 'Which patches on it? None, for the model alone', choices),
    ({ values }) => (answers.patches = items.filter(({ path }) => values.includes(path))),
  );
};

/** Of a patch that cannot be added without it. */
export function askOldBaseOf(patch: LibraryItem): Step {
  return async (at: StepPosition, { items }, answers) => {
    const question = `Which base was ${patch.name} trained on? Part of it is a difference against that one`;
    const choices = baseChoices(items, patch.path, 'the patch names it as its base');
    return take(await pickFolder(at, question, choices), (folder) => answers.oldBases.set(patch.path, folder));
  };
}

export const askBeside: Step = async (at, { items }, answers) => {
  if (answers.subject?.kind !== 'ported') return 'next';
  const { beside } = answers;
  const choices = besidePorted(answers.subject.ported, items).map(({ column, picked }) => ({
    label: labelOf({ model: column.model, patches: patchesOf(column) }),
    ...(column.role === undefined ? {} : { description: column.role }),
    detail: column.patch ?? column.model,
    picked: beside === undefined ? picked : beside.some((one) => isSame(one, column)),
    value: column,
  }));
  const outcome = await pickMany<PlannedColumn>(at, 'Compared with what?', choices);
  return take(outcome, ({ values }) => (answers.beside = values));
};

function patchesOf({ patch }: PlannedColumn): { patch: string; scale: number }[] {
  return patch === undefined ? [] : [{ patch, scale: 1 }];
}

function isSame(a: PlannedColumn, b: PlannedColumn): boolean {
  return a.model === b.model && a.patch === b.patch;
}
