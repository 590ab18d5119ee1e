import { targetFolder } from '../commandTarget.ts';
import type { EditorContext } from '../context.ts';
import { showInformation } from '../messages.ts';
import { assertTrusted } from '../trust.ts';
import { askForExtraction } from '../wizard/extractWizard.ts';
import { revealFolder } from './reveal.ts';

/** Extract Patch…: asks, extracts, and says what the patch keeps. */
export async function extractPatch(editor: EditorContext, target: unknown): Promise<void> {
  assertTrusted('Extracting');
  const request = await askForExtraction(await editor.library.load(), targetFolder(target));
  if (request === undefined) return;
  await editor.jobs.device();
  const { folder, extraction } = await editor.jobs.long('extract', `Extracting a patch from ${request.tuned}`, {
    request,
    device: editor.jobs.deviceChoice,
  });
  for (const warning of extraction.warnings) editor.log.warn(`${folder}: ${warning}`);
  editor.library.refresh();
  const { tensors, tuned } = extraction;
  const least = Math.min(...tensors.map(({ kept }) => kept));
  const kept = `each keeps ${(100 * least).toPrecision(3)} % of its change or more`;
  const choice = await showInformation(
    `Extracted a patch from ${tuned.name}: ${tensors.length} tensors, ${kept}.`,
    'Reveal',
  );
  if (choice === 'Reveal') await revealFolder(folder);
}
