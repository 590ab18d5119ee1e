import { join } from 'node:path';
import * as vscode from 'vscode';
import { InputError } from '../../base/errors.ts';
import { plainText } from '../../base/plainText.ts';
import { listFolder } from '../../checkpoint/checkpoint.ts';
import { INDEX_FILE } from '../../checkpoint/shards.ts';
import type { LibraryItem } from '../../library/item.ts';
import { ADAPTER_FILE } from '../../patch/patch.ts';
import { DELTA_FILE } from '../../patch/readers/delta.ts';
import { targetFolder } from '../commandTarget.ts';
import type { EditorContext } from '../context.ts';
import { SAFETENSORS_EDITOR } from '../ids.ts';
import { showInformation } from '../messages.ts';

/** In the order in which they say most; of a model in several files its index. */
const FILES = [INDEX_FILE, 'model.safetensors', ADAPTER_FILE, 'adapters.safetensors', DELTA_FILE];

/** Opens the weights of a model or patch by their headers. */
export async function showTensors({ library }: EditorContext, target: unknown): Promise<void> {
  const folder = targetFolder(target) ?? (await choose(await library.load()));
  if (folder === undefined) return;
  const names = await listFolder(folder);
  const file = FILES.find((name) => names.has(name));
  if (file === undefined)
    throw new InputError(`${folder} holds no safetensors.`, 'Weights in pickles are ported, but not shown.');
  await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(join(folder, file)), SAFETENSORS_EDITOR);
}

/** Patches first: they are what one wants to know. */
async function choose(items: readonly LibraryItem[]): Promise<string | undefined> {
  const usable = items.filter(({ problem }) => problem === undefined);
  if (usable.length === 0) {
    void showInformation('There is no model and no patch yet. "PortLLM: Add Existing Folder…" lists some.');
    return undefined;
  }
  const choices = usable
    .toSorted((a, b) => Number(b.kind === 'patch') - Number(a.kind === 'patch'))
    .map(({ name, path }) => ({ label: plainText(name), description: path, path }));
  return (await vscode.window.showQuickPick(choices, { placeHolder: 'Tensors of which patch or model?' }))?.path;
}
