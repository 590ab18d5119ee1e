import { extname } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { ENDINGS } from '../data/format.ts';
import { readDocuments } from '../data/readDocuments.ts';
import { listBuiltIn } from './builtIn.ts';
import { dataFileTask } from './dataFileTask.ts';
import { readDefinition } from './definition/definition.ts';
import { readWithIncludes } from './definition/includes.ts';
import { withHash, type Task } from './task.ts';

export { listBuiltIn } from './builtIn.ts';

/**
 * A built-in task by its name, one of lm-eval's YAML files by its path, or a data file of prompts, choices and answers.
 *
 * @throws InputError with file, line and column of what cannot be used
 */
export async function loadTask(nameOrPath: string): Promise<Task> {
  const builtIn = listBuiltIn().find(({ name }) => name === nameOrPath);
  if (builtIn) return builtIn;
  const ending = extname(nameOrPath).slice(1).toLowerCase();
  if (ending === 'yaml' || ending === 'yml')
    return withHash(readDefinition(await readWithIncludes(nameOrPath)), nameOrPath);
  if (ENDINGS.includes(ending)) {
    const [first = {}] = await readDocuments(nameOrPath, { limit: 1 });
    return dataFileTask(nameOrPath, Object.keys(first));
  }
  throw new InputError(
    `The task "${nameOrPath}" is not known.`,
    `Built in are ${listBuiltIn()
      .map(({ name }) => name)
      .join(
        ', ',
      )}; a task of your own is a .yaml file, or a data file (${ENDINGS.map((each) => `.${each}`).join(', ')}).`,
  );
}
