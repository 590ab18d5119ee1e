import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type * as vscode from 'vscode';
import { InputError } from '../../base/errors.ts';
import { openGlance, type Glance } from '../../library/glance/glance.ts';
import { TensorSearch } from '../../library/glance/tensorSearch.ts';
import { TensorTree } from '../../library/glance/tensorTree.ts';

/** What the page of one file asks for. */
export interface GlanceDocument extends Glance {
  readonly tree: TensorTree;
  readonly search: TensorSearch;
}

/** @throws InputError if it cannot be shown */
export async function openDocument(uri: vscode.Uri): Promise<GlanceDocument> {
  // Another scheme's path names a file of the disk that is not what is to be shown (of git: the one of today).
  if (uri.scheme !== 'file')
    throw new InputError(`${uri.toString(true)} is not a file on the disk.`, 'Open the file itself from the Explorer.');
  const glance = await openGlance(uri.fsPath);
  return { ...glance, tree: new TensorTree(glance.tensors), search: new TensorSearch(glance.tensors) };
}

/** The names in the folder that a document was made of. */
export function namesBehind(name: string, glance: Glance | undefined): ReadonlySet<string> {
  const files = glance?.summary.files.map((file) => file.name) ?? [];
  return new Set([name, 'config.json', 'adapter_config.json', ...files]);
}

/** When they were last written, and how large they are: what a copy of the same says too is no change. */
export async function signatureOf(path: string, names: ReadonlySet<string>): Promise<string> {
  const states = [...names].sort().map(async (name) => {
    const state = await stat(join(dirname(path), name)).catch(() => undefined);
    return state === undefined ? `${name}: none` : `${name}: ${state.mtimeMs} ${state.size} ${state.ino}`;
  });
  return (await Promise.all(states)).join('\n');
}
