import { formatBytes } from '../../base/format.ts';
import type { BaseModelItem, LibraryItem } from '../../library/item.ts';
import { isCheckpoint, isPatch, traceLineage } from '../../library/lineage.ts';
import type { Combination } from '../../patch/combine/arithmetic.ts';
import type { OutputKind, TiedChoice } from '../../port/plan/planTypes.ts';
import type { Answers, StepResult } from './answers.ts';
import { lastPart } from './folderNames.ts';
import { ask, pick, type Choice, type StepPosition } from './multiStep.ts';
import { itemChoice, pickFolder, problemWithFolder, suggestFolder, take } from './pickFolder.ts';

/** One question; the answer goes into `answers`. */
export type Step = (at: StepPosition, items: readonly LibraryItem[], answers: Answers) => Promise<StepResult>;

export const askPatch: Step = async (at, items, answers) => {
  const choices = items
    .filter((item) => isPatch(item) && item.problem === undefined)
    .map((item) => itemChoice(item, describePatch(item)));
  return take(await pickFolder(at, 'Which patch?', choices), (folder) => choose(answers, 'patch', folder));
};

export function describePatch(item: LibraryItem): string {
  if (item.kind === 'portedModel') return `${item.patch.name} on ${item.newBase.name}, ported`;
  return `made for ${(item.kind === 'patch' ? item.baseName : null) ?? 'an unnamed base'}`;
}

export const askBase: Step = async (at, items, answers) => {
  const choices = baseChoices(items, answers.patch, 'the base this patch was made for');
  return take(await pickFolder(at, 'Onto which new base?', choices), (folder) => choose(answers, 'onto', folder));
};

/** Only where part of the patch is a difference against it; the base that the patch names comes first. */
export const askOldBase: Step = async (at, items, answers) => {
  const note = 'the patch names it as its base';
  const choices = baseChoices(items, answers.patch, note).filter(({ value }) => value !== answers.onto);
  const first = (choice: Choice<string>): number => (choice.detail?.startsWith(note) === true ? 0 : 1);
  const sorted = [...choices].sort((a, b) => first(a) - first(b));
  const question = 'Which base was the patch trained on? Part of it is a difference against that one';
  return take(await pickFolder(at, question, sorted), (folder) => (answers.from = folder));
};

export function baseChoices(items: readonly LibraryItem[], path: string | undefined, note: string): Choice<string>[] {
  const patch = items.find((item) => isPatch(item) && item.path === path);
  const named = patch ? traceLineage(items).basesOf(patch) : [];
  const bases = items.filter((item) => isCheckpoint(item) && item.problem === undefined);
  return bases.map((item) => itemChoice(item, describeBase(item, named, note)));
}

function describeBase(item: LibraryItem, named: readonly BaseModelItem[], note: string): string {
  if (item.kind === 'portedModel') return `${item.patch.name} on ${item.newBase.name}, ported`;
  if (item.kind !== 'baseModel') return '';
  return named.includes(item) ? note : item.architecture;
}

/** Another patch or base has another folder suggested for it, and other questions. */
function choose(answers: Answers, part: 'patch' | 'onto', folder: string): void {
  if (answers[part] !== folder) delete answers.out;
  if (answers[part] !== folder && part === 'patch') delete answers.from;
  answers[part] = folder;
}

export const askWeights: Step = async (at, _items, answers) => {
  const names = [answers.patch ?? '', ...(answers.others ?? [])].map(lastPart);
  const value = (answers.weights ?? names.map(() => 1)).join(', ');
  const problem = (text: string): Promise<string | undefined> =>
    Promise.resolve(parseWeights(text, names.length) ? undefined : `${names.length} numbers with commas between.`);
  const outcome = await ask(at, `Weights of ${names.join(', ')}`, value, problem);
  return take(outcome, (text) => (answers.weights = parseWeights(text, names.length) ?? []));
};

function parseWeights(text: string, count: number): number[] | undefined {
  const weights = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  return weights.length === count && weights.every(Number.isFinite) ? weights : undefined;
}

export const askCombination: Step = async (at, _items, answers) => {
  const choices: Choice<Combination>[] = [
    { label: 'Sum', description: 'cat', detail: 'The exact sum of what the patches add; any ranks.', value: 'cat' },
    {
      label: 'Linear',
      description: 'linear',
      detail: "The factors' sums, as PEFT has it; equal ranks.",
      value: 'linear',
    },
    { label: 'TIES', description: 'ties', detail: 'Only where signs agree; equal ranks.', value: 'ties' },
    { label: 'DARE', description: 'dare_linear', detail: 'Random pruning, seeded; equal ranks.', value: 'dare_linear' },
  ];
  return take(await pick(at, 'How shall the patches become one?', choices), (value) => (answers.combination = value));
};

export const askKind: Step = async (at, items, answers) => {
  const size = (path: string | undefined): string => {
    const bytes = items.find((item) => item.path === path)?.bytes;
    return bytes === undefined ? '' : formatBytes(bytes);
  };
  const choices: Choice<OutputKind>[] = [
    {
      label: 'Patched checkpoint',
      description: size(answers.onto),
      detail: 'The new base with the patch added to its weights; every tool loads it.',
      value: 'checkpoint',
    },
    {
      label: 'Re-based adapter',
      description: size(answers.patch),
      detail: 'The patch itself, pointing to the new base; for PEFT and vLLM.',
      value: 'adapter',
    },
  ];
  return take(await pick(at, 'What shall be made?', choices), (kind) => (answers.as = kind));
};

export const askTied: Step = async (at, _items, answers) => {
  const choices: Choice<TiedChoice>[] = [
    {
      label: 'Apart',
      description: 'as training computed',
      detail: 'Head and embedding become two tensors, and only the one that was trained changes.',
      value: 'separate',
    },
    {
      label: 'Shared',
      description: "as PEFT's merge does",
      detail: 'The one matrix changes, and with it the head and the embedding.',
      value: 'shared',
    },
  ];
  const question = 'The new base ties its head to the embedding, and the patch changes one of the two';
  return take(await pick(at, question, choices), (tied) => (answers.tied = tied));
};

export const askFolder: Step = async (at, _items, answers) => {
  const { patch = '', others = [], onto = '' } = answers;
  const name = `${[patch, ...others].map(lastPart).join('+')}-on-${lastPart(onto)}`;
  const suggestion = answers.out ?? suggestFolder(name, onto, patch);
  const outcome = await ask(at, 'Folder to make (it must not exist yet)', suggestion, problemWithFolder);
  return take(outcome, (folder) => (answers.out = folder.trim()));
};

export const askScale: Step = async (at, _items, answers) => {
  const prompt = 'Scale: multiplies the patch; 1 is the method as published';
  const outcome = await ask(at, prompt, String(answers.scale ?? 1), problemWithScale);
  return take(outcome, (text) => (answers.scale = Number(text)));
};

function problemWithScale(text: string): Promise<string | undefined> {
  const fine = text.trim() !== '' && Number.isFinite(Number(text));
  return Promise.resolve(fine ? undefined : 'It must be a number, like 1 or 0.8.');
}
