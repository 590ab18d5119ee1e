import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import { showWarning } from '../../messages.ts';
import { ask, pick, pickMany, type Choice } from '../multiStep.ts';
import { take } from '../pickFolder.ts';
import type { Answers, Step, World } from './answers.ts';
import type { PlannedColumn } from './columns.ts';
import { SCALES } from '../../../diagnostics/probeTypes.ts';
import { nameOf, type Extra } from './request.ts';
import { taskGroups, type TaskValue } from './taskChoices.ts';
import { chooseDataFolder, chooseTaskFiles, taskFiles, workspaceTasks } from './taskFiles.ts';

const ACTIONS = [
  { label: '$(file-add) Task File…', detail: 'YAML of lm-evaluation-harness, JSONL, CSV, Parquet …', action: 'file' },
  { label: '$(folder-opened) Choose Data Folder…', detail: 'Where the documents of the tasks are.', action: 'data' },
] as const;

const SEPARATOR = { label: '', kind: vscode.QuickPickItemKind.Separator };

/** Actions come back to the list; a task without its data is not accepted. */
export const askTasks: Step = async (at, world, answers) => {
  let question = 'Which tasks?';
  const keepTasks = (values: readonly TaskValue[]): void => void (answers.tasks = values.map(({ name }) => name));
  for (;;) {
    const choices = taskRows(world, answers);
    const outcome = await pickMany<TaskValue, (typeof ACTIONS)[number]['action']>(
      at,
      question,
      choices,
      actions(answers),
      keepTasks,
    );
    if (outcome === 'back' || outcome === 'cancelled') return outcome;
    const { values = [], action } = outcome.value;
    if (outcome.value.values !== undefined) keepTasks(values);
    if (action === 'file') await addFiles(answers);
    else if (action === 'data') await changeData(world, answers);
    else if (values.length === 0) question = 'Which tasks? At least one must be ticked';
    else {
      const problem = values.find((value) => value.problem !== undefined)?.problem;
      if (problem === undefined) return 'next';
      void showWarning(problem);
    }
  }
};

function actions({ data }: Answers): (vscode.QuickPickItem & { action: 'file' | 'data' })[] {
  return ACTIONS.map((action) => ({
    ...action,
    alwaysShow: true,
    ...(action.action === 'data' && data !== undefined ? { description: data } : {}),
  }));
}

async function taskRows(world: World, answers: Answers): Promise<(Choice<TaskValue> | vscode.QuickPickItem)[]> {
  const { data, taskFiles: named } = answers;
  const [builtIn, found, added] = await Promise.all([
    world.listTasks([], data),
    workspaceTasks(world.listTasks, data),
    taskFiles(named, world.listTasks, data),
  ]);
  const files = [...added, ...found.filter(({ path }) => !named.includes(path))];
  const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const groups = taskGroups(builtIn, files, root, new Set(answers.tasks));
  const rows = groups.map(({ title, choices }) => [
    { label: title, kind: vscode.QuickPickItemKind.Separator },
    ...choices,
  ]);
  // Below one's own files, above the built-in tasks, which need data.
  return [...rows.slice(0, -1).flat(), SEPARATOR, ...actions(answers), ...rows.slice(-1).flat()];
}

async function addFiles(answers: Answers): Promise<void> {
  const files = await chooseTaskFiles();
  answers.taskFiles = [...new Set([...answers.taskFiles, ...files])];
  answers.tasks = [...new Set([...answers.tasks, ...files])];
}

async function changeData(world: World, answers: Answers): Promise<void> {
  const folder = await chooseDataFolder();
  if (folder === undefined) return;
  answers.data = folder;
  await world.saveDataFolder(folder);
}

const OTHER = -1;
const ALL = 0;
const LIMITS: readonly Choice<number>[] = [
  { label: 'All items', detail: 'What is to be reported.', value: ALL },
  { label: 'First 500 of each task', value: 500 },
  { label: 'First 100 of each task', value: 100 },
  { label: 'First 20 of each task', detail: 'A look at whether it works at all; the errors are large.', value: 20 },
  { label: 'Another number…', value: OTHER },
];

export const askLimit: Step = async (at, _world, answers) => {
  const { limit = ALL } = answers;
  const current = LIMITS.some(({ value }) => value === limit) ? limit : OTHER;
  const outcome = await pick(at, 'How many items?', LIMITS, current);
  if (outcome === 'back' || outcome === 'cancelled') return outcome;
  if (outcome.value !== OTHER) {
    answers.limit = outcome.value === ALL ? undefined : outcome.value;
    return 'next';
  }
  const number = await ask(at, 'The first how many items of each task?', String(answers.limit ?? 50), problemWithLimit);
  if (number === 'back') return askLimit(at, _world, answers);
  return take(number, (text) => (answers.limit = Number(text)));
};

function problemWithLimit(text: string): Promise<string | undefined> {
  return Promise.resolve(/^\s*[1-9]\d{0,8}\s*$/.test(text) ? undefined : 'A whole number, like 50.');
}

const EXTRA_CHOICES: readonly Choice<Extra>[] = [
  {
    label: 'Scale sweep',
    description: SCALES.join(', '),
    detail: 'The patch at other scales λ: whether it wants to be stronger or weaker on this base.',
    value: 'scales',
  },
  {
    label: 'Random control',
    detail: 'Random, with the same ranks and norms: what a change of this size does by chance.',
    value: 'control',
  },
  {
    label: 'As exported',
    description: 'rounded as a port does',
    detail: "Exactly the exported model's scores, with what rounding costs.",
    value: 'exported',
  },
];

export const askExtras: Step = async (at, _world, answers) => {
  const choices = EXTRA_CHOICES.map((choice) => ({ ...choice, picked: answers.extras.includes(choice.value) }));
  const keep = (values: readonly Extra[]): void => void (answers.extras = values);
  const outcome = await pickMany<Extra>(at, 'What else? Nothing else, if nothing is ticked', choices, [], keep);
  return take(outcome, ({ values = [] }) => keep(values));
};

export function askOut(columns: readonly PlannedColumn[]): Step {
  return async (at, _world, answers) => {
    const beside = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? dirname(columns[0]?.model ?? '');
    const suggestion = answers.out ?? join(beside, 'portllm-evaluations', nameOf(columns));
    const prompt = 'Folder for results; an evaluation that was stopped goes on in its folder';
    const keep = (folder: string): void => void (answers.out = folder.trim());
    return take(await ask(at, prompt, suggestion, problemWithOut, keep), (folder) => keep(resolve(folder.trim())));
  };
}

async function problemWithOut(text: string): Promise<string | undefined> {
  const path = text.trim();
  if (path === '') return 'A folder is needed.';
  if (!isAbsolute(path)) return 'An absolute path is needed.';
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => true,
  );
  return isFolder ? undefined : 'It is a file.';
}
