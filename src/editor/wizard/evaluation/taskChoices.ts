import { basename, dirname, relative, sep } from 'node:path';
import { formatInteger } from '../../../evaluation/statistics/format.ts';
import type { TaskListing } from '../../../evaluation/run/result.ts';
import type { OutputType } from '../../../evaluation/types.ts';
import type { Choice } from '../multiStep.ts';
import { plainText } from '../../../base/plainText.ts';

/** A task as it is asked for, and why it cannot be evaluated. */
export interface TaskValue {
  readonly name: string;
  readonly problem: string | undefined;
}

export interface TaskGroup {
  readonly title: string;
  readonly choices: readonly Choice<TaskValue>[];
}

/** As listings call it. */
const BUILT_IN = 'built in';

const ANSWERS: Record<OutputType, string> = {
  multiple_choice: 'multiple choice',
  loglikelihood: 'log-likelihood',
  loglikelihood_rolling: 'perplexity',
  generate_until: 'generation',
};

/** What to choose from: one's own files first, then the built-in tasks, each group with what has data first. */
export function taskGroups(
  builtIn: readonly TaskListing[],
  files: readonly { readonly path: string; readonly listing: TaskListing }[],
  root: string | undefined,
  picked: ReadonlySet<string>,
): TaskGroup[] {
  const own = files.map(({ path, listing }) => ({
    ...choice(listing, path, picked),
    label: plainText(basename(path)),
    detail: plainText(listing.problem ?? shown(dirname(path), root)),
  }));
  const named = builtIn.map((listing) => choice(listing, listing.name, picked));
  return [
    { title: 'Task files', choices: own.toSorted(byUse) },
    { title: 'Built in', choices: named.toSorted((a, b) => Number(isMissing(a)) - Number(isMissing(b))) },
  ].filter(({ choices }) => choices.length > 0);
}

function choice(listing: TaskListing, name: string, picked: ReadonlySet<string>): Choice<TaskValue> {
  const { documents, outputType, fewShot, problem } = listing;
  const found = problem === undefined ? `${formatInteger(documents ?? 0)} items` : 'not found';
  const answers = outputType === undefined ? [] : [ANSWERS[outputType]];
  const kind = [found, ...answers, ...(fewShot > 0 ? [`${fewShot}-shot`] : [])];
  const parts = isTask(name, listing) || listing.source === BUILT_IN ? kind : ['not a task'];
  return {
    label: plainText(name),
    description: parts.join(' · '),
    ...(problem === undefined ? {} : { detail: problem }),
    picked: picked.has(name),
    value: { name, problem },
  };
}

function isMissing({ value }: Choice<TaskValue>): boolean {
  return value.problem !== undefined;
}

/** Test splits before training splits, for that is what one evaluates on. */
function byUse(a: Choice<TaskValue>, b: Choice<TaskValue>): number {
  const rank = (one: Choice<TaskValue>): number =>
    (isMissing(one) ? 2 : 0) + (/(^|[._-])train/i.test(one.label) ? 1 : 0);
  return rank(a) - rank(b) || (a.label < b.label ? -1 : 1);
}

function shown(folder: string, root: string | undefined): string {
  const inside = root === undefined ? folder : relative(root, folder);
  return inside === '' || inside.startsWith(`..${sep}`) || inside === '..' ? folder : inside;
}

/** Whether a task was read from the file, if perhaps without its data. */
export function isTask(path: string, { name }: TaskListing): boolean {
  return name !== path;
}
