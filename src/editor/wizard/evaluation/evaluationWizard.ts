import { placeOfRole, type EvaluateRequest } from '../../../evaluation/request.ts';
import type { Answers, Step, Subject, World } from './answers.ts';
import {
  askBeside,
  askNewBase,
  askOldBase,
  askOldBaseOf,
  askPatches,
  askRetrained,
  askSubject,
} from './columnSteps.ts';
import { columnsOfModels, columnsOfPatch, besidePorted, needsOldBase, ownBase, portedColumn } from './columns.ts';
import type { PlannedColumn } from './columns.ts';
import { studiedColumns, toRequest, type RequestSettings } from './request.ts';
import { askExtras, askLimit, askOut, askTasks } from './runSteps.ts';

const TITLE = 'Evaluate';

/** Of a patch, from a report that is about it. */
export type KnownAnswers = Pick<Answers, 'newBase' | 'oldBase' | 'retrained'>;

/**
 * Asks what is compared, on which tasks, how much of them, and where results go; what was clicked is not asked again.
 *
 * @returns undefined if the person gave up
 */
export async function askForEvaluation(
  subject: Subject | undefined,
  world: World,
  settings: RequestSettings,
  known: KnownAnswers = {},
): Promise<EvaluateRequest | undefined> {
  const data = settings.dataFolder;
  const answers: Answers = { subject, oldBases: new Map(), tasks: [], taskFiles: [], extras: [], data, ...known };
  for (let step = 0; ;) {
    const steps = stepsFor(subject, answers, world, known);
    const next = steps[step];
    if (next === undefined) return requestOf(answers, world, settings);
    const outcome = await next({ title: TITLE, step: step + 1, totalSteps: steps.length }, world, answers);
    if (outcome === 'cancelled') return undefined;
    step += outcome === 'back' ? -1 : 1;
  }
}

/** The questions, in order; later ones depend on earlier answers. */
function stepsFor(clicked: Subject | undefined, answers: Answers, world: World, known: KnownAnswers): Step[] {
  const columns = columnsOf(answers, world);
  const isPatched = studiedColumns(columns).length > 0;
  return [
    ...(clicked === undefined ? [askSubject] : []),
    ...(answers.subject === undefined ? [] : columnSteps(answers.subject, answers, world, known)),
    askTasks,
    askLimit,
    ...(isPatched ? [askExtras] : []),
    askOut(columns),
  ];
}

function columnSteps(subject: Subject, answers: Answers, { items }: World, known: KnownAnswers): Step[] {
  switch (subject.kind) {
    case 'patch': {
      const { patch } = subject;
      const isOwn = answers.newBase !== undefined && ownBase(patch, items)?.path === answers.newBase;
      return [
        ...(known.newBase === undefined ? [askNewBase] : []),
        ...(isOwn || known.oldBase !== undefined ? [] : [askOldBase(patch, needsOldBase(patch))]),
        ...(isOwn || known.retrained !== undefined ? [] : [askRetrained]),
      ];
    }
    case 'model':
      return [askPatches, ...oldBaseSteps(answers.patches ?? [], items)];
    case 'several':
      return [...(subject.models.length === 0 ? [askNewBase] : []), ...oldBaseSteps(subject.patches, items)];
    case 'ported':
      return besidePorted(subject.ported, items).length > 0 ? [askBeside] : [];
  }
}

function oldBaseSteps(patches: Parameters<typeof columnsOfModels>[1], items: World['items']): Step[] {
  return patches
    .filter((patch) => needsOldBase(patch) && ownBase(patch, items) === undefined)
    .map((patch) => askOldBaseOf(patch));
}

/** As far as it was answered. */
function columnsOf(answers: Answers, { items }: World): PlannedColumn[] {
  const { subject, newBase, oldBase, retrained, patches = [], oldBases, beside = [] } = answers;
  switch (subject?.kind) {
    case undefined:
      return [];
    case 'patch':
      if (newBase === undefined) return [];
      return columnsOfPatch(
        { patch: subject.patch, newBase, oldBase: oldBase ?? undefined, retrained: retrained ?? undefined },
        items,
      );
    case 'model':
      return columnsOfModels([subject.model.path], patches, oldBases, items);
    case 'several': {
      const models = subject.models.length > 0 ? subject.models.map(({ path }) => path) : [newBase ?? ''];
      return columnsOfModels(models, subject.patches, oldBases, items);
    }
    case 'ported':
      return inOrder([...beside, portedColumn(subject.ported)]);
  }
}

/** As a comparison of ports is read. */
function inOrder(columns: readonly PlannedColumn[]): PlannedColumn[] {
  return columns.toSorted((a, b) => placeOfRole(a.role) - placeOfRole(b.role));
}

function requestOf(answers: Answers, world: World, settings: RequestSettings): EvaluateRequest {
  const { tasks, limit, extras, out, data } = answers;
  if (out === undefined) throw new Error('a step of the wizard left its answer open');
  const columns = columnsOf(answers, world);
  return toRequest({ columns, tasks, limit, extras, out }, { ...settings, dataFolder: data });
}
