import { basename } from 'node:path';
import { problemText } from '../../base/errors.ts';
import { isCheckpoint, isPatch } from '../../library/lineage.ts';
import type { LibraryItem } from '../../library/item.ts';
import { diagnosedRequest, targetItem } from '../commandTarget.ts';
import type { EditorContext } from '../context.ts';
import { showErrorMessage, showInformation } from '../messages.ts';
import type { PortRequest } from '../../port/plan/planTypes.ts';
import type { PortResult } from '../../port/port.ts';
import { sweepStaging } from '../../port/staging.ts';
import { ResumableError } from '../../worker/resumableError.ts';
import { decideOnPlan } from '../pages/planPanel.ts';
import { readSettings } from '../settings.ts';
import { assertTrusted } from '../trust.ts';
import type { PortDraft } from '../wizard/answers.ts';
import { askForPort } from '../wizard/portWizard.ts';
import { revealFolder } from './reveal.ts';

/** Port Patch…: asks, shows the plan, ports, and offers the report. */
export async function portPatch(editor: EditorContext, target: unknown, selected: unknown): Promise<void> {
  assertTrusted('Porting');
  const items = await editor.library.load();
  const clicked = targetItem(target, items);
  const others = Array.isArray(selected) ? selected.map((one) => targetItem(one, items)) : [];
  const request = await askForPort(items, draftFrom(clicked, others, target), (path) => lookUp(editor, items, path));
  if (request === undefined) return;
  const plan = await editor.jobs.quick('plan', request);
  if (!(await decideOnPlan(editor.extensionUri, plan))) return;
  if (readSettings().runner === 'slurm' && request.as === 'checkpoint')
    return editor.cluster.submit('port', basename(request.out), {
      kind: 'port',
      request: { ...request, agreed: plan.digest },
    });
  await editor.jobs.device();
  const title = `Porting ${plan.patch.name} onto ${plan.newBase.name}`;
  const result = await run(editor, title, { ...request, agreed: plan.digest });
  if (result === undefined) return;
  const { folder, provenance } = result;
  for (const warning of provenance.warnings) editor.log.warn(`${folder}: ${warning}`);
  await tellOfPort(editor, folder, `Ported ${plan.patch.name} onto ${plan.newBase.name}.`);
}

/** A port whose worker died goes on where it was, if the person wants. @returns nothing if not */
async function run(editor: EditorContext, title: string, request: PortRequest): Promise<PortResult | undefined> {
  for (;;)
    try {
      return await editor.jobs.long('port', title, { request, device: editor.jobs.deviceChoice });
    } catch (error) {
      if (!(error instanceof ResumableError)) throw error;
      editor.log.error(error.message);
      const choice = await showErrorMessage(problemText(error), 'Continue', 'Remove What Is There');
      if (choice === 'Remove What Is There') await sweepStaging(request.out, false);
      if (choice !== 'Continue') return undefined;
    }
}

/** What was clicked, with what else was selected: further patches are ported with it. */
function draftFrom(
  item: LibraryItem | undefined,
  selected: readonly (LibraryItem | undefined)[],
  target: unknown,
): PortDraft {
  const diagnosed = diagnosedRequest(target);
  if (diagnosed !== undefined) {
    const { patch, onto, from, scale } = diagnosed;
    return { patch, onto, from, scale };
  }
  if (item === undefined || item.problem !== undefined) return {};
  if (isCheckpoint(item)) return { onto: item.path };
  if (!isPatch(item)) return {};
  const others = selected.flatMap((other) => (other && isPatch(other) && other.path !== item.path ? [other.path] : []));
  return { patch: item.path, others: [...new Set(others)] };
}

/** A folder that the library does not list is looked into by the worker; one that is nothing is left to the plan. */
async function lookUp(
  editor: EditorContext,
  items: readonly LibraryItem[],
  path: string,
): Promise<LibraryItem | undefined> {
  const known = items.find((item) => item.path === path);
  if (known !== undefined) return known;
  const inspection = await editor.jobs.quick('inspect', { path }).catch(() => undefined);
  return inspection?.item ?? undefined;
}

/** Lists what was made, and offers its report. */
export async function tellOfPort(
  { library, reports }: Pick<EditorContext, 'library' | 'reports'>,
  folder: string,
  message = `Ported: ${basename(folder)}.`,
): Promise<void> {
  library.refresh();
  const choice = await showInformation(message, 'Open Report', 'Reveal');
  if (choice === 'Open Report') await reports.open({ kind: 'port', folder });
  if (choice === 'Reveal') await revealFolder(folder);
}
