import { basename } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { plural } from '../../base/format.ts';
import { portedFolder } from '../commandTarget.ts';
import type { EditorContext } from '../context.ts';
import { showInformation } from '../messages.ts';
import { assertTrusted } from '../trust.ts';

/** Reads a ported model back and computes its touched tensors again. */
export async function verifyPorted(editor: EditorContext, target: unknown): Promise<void> {
  assertTrusted('Verifying');
  const folder = await portedFolder(target, await editor.library.load());
  if (folder === undefined) return;
  const name = basename(folder);
  await editor.jobs.device();
  const parameters = { folder, device: editor.jobs.deviceChoice };
  const result = await editor.jobs.long('verify', `Verifying ${name}`, parameters);
  if (!result.ok) {
    for (const problem of result.problems) editor.log.error(`${folder}: ${problem}`);
    throw new UserError(`${name} is not as it was written: ${result.problems[0] ?? ''}`, 'The log lists everything.');
  }
  const again = result.recomputed ? `, ${plural(result.recomputed.tensors, 'tensor')} computed again` : '';
  void showInformation(`${name} is as it was written: ${plural(result.files, 'file')} compared${again}.`);
}
