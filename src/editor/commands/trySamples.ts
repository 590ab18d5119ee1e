import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { writeError } from '../../base/errors.ts';
import { temporaryPath } from '../../base/temporary.ts';
import { isThere } from '../../base/there.ts';
import type { EditorContext } from '../context.ts';
import { COMMANDS } from '../ids.ts';
import { showInformation } from '../messages.ts';
import { addLibraryFolder } from '../settings.ts';
import { assertTrusted } from '../trust.ts';

/** What of samples/ is for trying out; what made them is not packaged. */
const PARTS = ['README.md', 'models', 'patches', 'reference', 'tasks'];
const NAME = 'portllm-samples';

/** Copies the packaged sample library into a folder of the person's choice, and lists it. One that is there already is used. */
export async function trySamples({ extensionUri, library }: EditorContext): Promise<void> {
  assertTrusted('Copying the samples');
  const [chosen] =
    (await vscode.window.showOpenDialog({
      canSelectFolders: true,
      canSelectFiles: false,
      openLabel: 'Copy Here',
      title: `The folder in which "${NAME}" is made (8 MB)`,
    })) ?? [];
  if (chosen === undefined) return;
  const folder = join(chosen.fsPath, NAME);
  await copySamples(vscode.Uri.joinPath(extensionUri, 'samples').fsPath, folder);
  await addLibraryFolder(folder);
  library.refresh();
  await vscode.commands.executeCommand('portllm.library.focus');
  const text =
    'The sample library is listed: two versions of a small base model, and two patches that were made for the first. Port one onto storyteller-v2.';
  const [port, open] = ['Port Patch…', 'Open Folder'];
  const choice = await showInformation(text, port, open);
  if (choice === port) await vscode.commands.executeCommand(COMMANDS.port);
  if (choice === open) await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(folder), true);
}

/** Under its name it appears whole. @throws UserError if it cannot be written */
async function copySamples(from: string, folder: string): Promise<void> {
  if (await isThere(folder)) return;
  const temporary = temporaryPath(folder);
  try {
    await mkdir(temporary, { recursive: true });
    for (const part of PARTS) await cp(join(from, part), join(temporary, part), { recursive: true });
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw writeError(error, dirname(folder));
  }
}
