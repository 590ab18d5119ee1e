import { basename, resolve } from 'node:path';
import * as vscode from 'vscode';
import { plainText } from '../../base/plainText.ts';
import { UserError } from '../../base/errors.ts';
import { folderOfSpec, readSpec } from '../../evaluation/matrix/spec.ts';
import { targetFolder } from '../commandTarget.ts';
import type { EditorContext } from '../context.ts';
import { newMatrix, SPEC_ENDING } from '../matrix/newMatrix.ts';
import { readSettings } from '../settings.ts';
import { assertTrusted } from '../trust.ts';

/** Port and Evaluate Matrix…: a file says of what; it fills while it is looked at. */
export async function runMatrix(editor: EditorContext, target: unknown): Promise<void> {
  assertTrusted('Evaluating');
  const out = await folderFor(editor, target);
  if (out === undefined) return;
  if (editor.matrices.isRunning(out)) return editor.matrices.open(out);
  if (readSettings().runner === 'slurm') {
    await editor.cluster.submit('matrix', basename(out), { kind: 'matrix', out });
    return editor.matrices.open(out);
  }
  await editor.jobs.device();
  await editor.matrices.open(out);
  const controller = new AbortController();
  const end = editor.matrices.begin(out, controller);
  try {
    const parameters = { out, device: editor.jobs.deviceChoice };
    await editor.jobs.long('matrix', `Matrix ${basename(out)}`, parameters, { controller });
    editor.library.refresh();
  } finally {
    await end();
  }
}

/** Open Matrix: of a folder that holds one. */
export async function openMatrix(editor: EditorContext, target: unknown): Promise<void> {
  const clicked = targetFolder(target);
  if (clicked !== undefined) await editor.matrices.open(clicked.replace(/[/\\]matrix\.json$/, ''));
}

/** Begun, from a file or by one that goes on. @returns nothing if the person chose none */
async function folderFor(editor: EditorContext, target: unknown): Promise<string | undefined> {
  const continued = (target as { folder?: unknown } | undefined)?.folder;
  if (typeof continued === 'string') return continued;
  const file = fileOf(target) ?? (await chooseFile(editor));
  if (file === undefined) return undefined;
  const open = vscode.workspace.textDocuments.find(({ uri, isDirty }) => isDirty && uri.fsPath === resolve(file));
  if (open !== undefined && !(await open.save())) throw new UserError(`${file} could not be saved.`);
  const out = folderOfSpec(file);
  // What runs goes by the file as it was.
  if (!editor.matrices.isRunning(out))
    await editor.jobs.quick('beginMatrix', { name: basename(out), spec: await readSpec(file), out });
  return out;
}

/** What was clicked, or is being edited. */
function fileOf(target: unknown): string | undefined {
  if (target instanceof vscode.Uri) return target.fsPath;
  const active = vscode.window.activeTextEditor?.document.uri;
  return active?.scheme === 'file' && active.fsPath.endsWith(SPEC_ENDING) ? active.fsPath : undefined;
}

async function chooseFile(editor: EditorContext): Promise<string | undefined> {
  const found = await vscode.workspace.findFiles(`**/*${SPEC_ENDING}`, undefined, 100);
  const choices = found.map((uri) => ({
    label: plainText(basename(uri.fsPath)),
    description: plainText(vscode.workspace.asRelativePath(uri)),
    file: uri.fsPath,
  }));
  const create = { label: '$(new-file) New Matrix…', description: 'with what the library has', file: undefined };
  const chosen = await vscode.window.showQuickPick([...choices, create], { placeHolder: 'Which matrix?' });
  if (chosen === undefined || chosen.file !== undefined) return chosen?.file;
  const made = await newMatrix(await editor.library.load());
  if (made !== undefined) await vscode.window.showTextDocument(made);
  return undefined;
}
