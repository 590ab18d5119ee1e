import type { ExtractForm, ExtractRequest } from '../../extract/types.ts';
import type { LibraryItem } from '../../library/item.ts';
import { isCheckpoint } from '../../library/lineage.ts';
import type { StepResult } from './answers.ts';
import { lastPart } from './folderNames.ts';
import { ask, pick, type Choice, type StepPosition } from './multiStep.ts';
import { itemChoice, pickFolder, problemWithFolder, suggestFolder, take } from './pickFolder.ts';

interface Answers {
  tuned?: string | undefined;
  from?: string;
  form?: ExtractForm;
  out?: string;
}

const FORMS: readonly Choice<ExtractForm>[] = [
  {
    label: 'LoRA of rank 64',
    detail: 'The best approximation of that rank, for PEFT and vLLM; the report says what each pair keeps.',
    value: { kind: 'rank', rank: 64 },
  },
  { label: 'LoRA of rank 16', detail: 'Smaller, and keeps less.', value: { kind: 'rank', rank: 16 } },
  {
    label: 'LoRA that keeps 90 %',
    detail: 'For each matrix the smallest rank that keeps 90 % of its change, 256 at most.',
    value: { kind: 'energy', share: 0.9, maxRank: 256 },
  },
  { label: 'Full delta', detail: 'Everything that changed, in float32; large.', value: { kind: 'full' } },
];

/** Asks for the fine-tuned model, its base, the form and the folder. @returns undefined if the person gave up */
export async function askForExtraction(
  items: readonly LibraryItem[],
  tuned: string | undefined,
): Promise<ExtractRequest | undefined> {
  const answers: Answers = { tuned };
  const steps = [
    ...(tuned === undefined ? [(at: StepPosition) => askTuned(at, items, answers)] : []),
    (at: StepPosition) => askFrom(at, items, answers),
    (at: StepPosition) => askForm(at, answers),
    (at: StepPosition) => askOut(at, answers),
  ];
  for (let step = 0; step < steps.length;) {
    const position = { title: 'Extract Patch', step: step + 1, totalSteps: steps.length };
    const outcome = await steps[step]?.(position);
    if (outcome === 'cancelled') return undefined;
    step += outcome === 'back' ? -1 : 1;
  }
  const { tuned: model, from, form, out } = answers;
  if (model === undefined || from === undefined || form === undefined || out === undefined)
    throw new Error('a step of the wizard left its answer open');
  return { tuned: model, from, form, out };
}

async function askTuned(at: StepPosition, items: readonly LibraryItem[], answers: Answers): Promise<StepResult> {
  return take(
    await pickFolder(at, 'Which fine-tuned model?', checkpoints(items)),
    (folder) => (answers.tuned = folder),
  );
}

async function askFrom(at: StepPosition, items: readonly LibraryItem[], answers: Answers): Promise<StepResult> {
  const choices = checkpoints(items).filter(({ value }) => value !== answers.tuned);
  return take(await pickFolder(at, 'Which base was it made from?', choices), (folder) => (answers.from = folder));
}

function checkpoints(items: readonly LibraryItem[]): Choice<string>[] {
  return items
    .filter((item) => isCheckpoint(item) && item.problem === undefined)
    .map((item) => itemChoice(item, item.kind === 'baseModel' ? item.architecture : 'ported'));
}

async function askForm(at: StepPosition, answers: Answers): Promise<StepResult> {
  return take(await pick(at, 'As what?', FORMS), (form) => (answers.form = form));
}

async function askOut(at: StepPosition, answers: Answers): Promise<StepResult> {
  const { tuned = '', from = '' } = answers;
  const suggestion = answers.out ?? suggestFolder(`${lastPart(tuned)}-patch`, tuned, from);
  const outcome = await ask(at, 'Folder to make (it must not exist yet)', suggestion, problemWithFolder);
  return take(outcome, (folder) => (answers.out = folder.trim()));
}
