/** Task files for tests, in a folder that is gone afterwards. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InputError } from '../../../../src/base/errors.ts';
import { loadTask } from '../../../../src/evaluation/tasks/loadTask.ts';
import type { Task } from '../../../../src/evaluation/tasks/task.ts';

type Files = Readonly<Record<string, string>>;

export async function withFiles<T>(files: Files, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'portllm-tasks-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A complete task, but for what is added or changed. */
export const CHOICES = {
  task: 'colours',
  output_type: 'multiple_choice',
  test_split: 'test',
  doc_to_text: '{{question}}',
  doc_to_target: 'label',
  doc_to_choice: ['red', 'blue'],
};
export const GENERATED = {
  task: 'sums',
  output_type: 'generate_until',
  test_split: 'test',
  doc_to_text: '{{question}}',
  doc_to_target: '{{answer}}',
};

/** JSON is YAML. */
export function yaml(keys: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(keys).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}: ${JSON.stringify(value)}`],
  );
  return `${lines.join('\n')}\n`;
}

export async function loaded(text: string, others: Files = {}): Promise<Task> {
  return withFiles({ 'task.yaml': text, ...others }, (folder) => loadTask(join(folder, 'task.yaml')));
}

/** What is wrong with it, without the folder's name. */
export async function refusal(text: string, others: Files = {}): Promise<string> {
  return withFiles({ 'task.yaml': text, ...others }, async (folder) => {
    try {
      await loadTask(join(folder, 'task.yaml'));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.message.replaceAll(`${folder}/`, '');
    }
    throw new Error('it was loaded');
  });
}
