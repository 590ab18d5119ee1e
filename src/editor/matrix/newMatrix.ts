import { dirname, relative } from 'node:path';
import * as vscode from 'vscode';
import type { LibraryItem } from '../../library/item.ts';
import { isCheckpoint, isPatch } from '../../library/lineage.ts';

export const SPEC_ENDING = '.portllm-matrix.yaml';

/** A file of a matrix, with what the library has filled in; the person chooses its place. @returns nothing if they do not */
export async function newMatrix(items: readonly LibraryItem[]): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({
    title: 'New Matrix',
    filters: { Matrix: ['portllm-matrix.yaml'] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, `new${SPEC_ENDING}`) }),
  });
  if (file === undefined) return undefined;
  const text = specText(items, dirname(file.fsPath));
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
  return file;
}

/** What the library has, as a beginning: lines to be deleted are quicker than lines to be written. */
export function specText(items: readonly LibraryItem[], folder: string): string {
  const good = items.filter(({ problem }) => problem === undefined);
  const named = (all: readonly LibraryItem[], example: string): string[] =>
    all.length === 0
      ? [`  name: ${example}`]
      : all.map(({ name, path }) => `  ${yaml(name)}: ${yaml(relativeTo(folder, path))}`);
  return [
    '# Every patch on every base, on every task: delete what is not wanted. Paths are relative to this file.',
    'patches:',
    ...named(good.filter(isPatch), 'path/of/an/adapter'),
    'bases:',
    ...named(
      good.filter((item) => item.kind === 'baseModel' && isCheckpoint(item)),
      'path/of/a/model',
    ),
    'tasks:',
    '  - arc_easy',
    '# scales: [0.5, 1]',
    '# limit: 200',
    '# data: path/of/the/tasks/documents',
    '# Patches that were trained on a new base, for the recovery.',
    '# retrained:',
    '#   base:',
    '#     patch: path/of/an/adapter',
    '# outputs: adapter',
    '',
  ].join('\n');
}

function relativeTo(folder: string, path: string): string {
  const near = relative(folder, path);
  return near.startsWith('..') ? path : `./${near}`;
}

/** As one word of YAML: JSON's strings are YAML's. */
function yaml(text: string): string {
  return /^[\w./][\w./ -]*$/.test(text) ? text : JSON.stringify(text);
}
