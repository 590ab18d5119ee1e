import { UserError } from '../base/errors.ts';
import type { LibraryItem } from '../library/item.ts';
import type { EditorContext } from './context.ts';
import { setDataFolder } from './settings.ts';
import type { World } from './wizard/evaluation/answers.ts';

/** What wizards that ask for models and tasks need to know. */
export async function worldOf({ library, jobs }: EditorContext): Promise<World> {
  const items = await library.load();
  return {
    items,
    lookUp: (path) => itemAt(path, items, (unlisted) => jobs.quick('inspect', { path: unlisted })),
    listTasks: (names, data) => jobs.quick('tasks', { names, data }),
    saveDataFolder: setDataFolder,
  };
}

async function itemAt(
  path: string,
  items: readonly LibraryItem[],
  inspect: (path: string) => Promise<{ readonly item: LibraryItem | null }>,
): Promise<LibraryItem> {
  const item = items.find((one) => one.path === path) ?? (await inspect(path)).item;
  if (item === null) throw new UserError(`${path} is neither a model nor a patch.`);
  return item;
}
