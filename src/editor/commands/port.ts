import { targetItem } from '../commandTarget.ts';
import type { EditorContext } from '../context.ts';
import { showInformation } from '../messages.ts';
import { decideOnPlan } from '../pages/planPanel.ts';
import { askForPort, type PortDraft } from '../portWizard.ts';
import { assertTrusted } from '../trust.ts';
import { revealFolder } from './reveal.ts';

/** Port Patch…: asks, shows the plan, ports, and offers the report. */
export async function portPatch(editor: EditorContext, target: unknown): Promise<void> {
  assertTrusted('Porting');
  const items = await editor.library.load();
  const request = await askForPort(items, draftFrom(targetItem(target, items)));
  if (request === undefined) return;
  const plan = await editor.jobs.quick('plan', request);
  if (!(await decideOnPlan(editor.extensionUri, plan))) return;
  await editor.jobs.device();
  const title = `Porting ${plan.patch.name} onto ${plan.newBase.name}`;
  const { folder, provenance } = await editor.jobs.long('port', title, {
    request: { ...request, agreed: plan.digest },
    device: editor.jobs.deviceChoice,
  });
  for (const warning of provenance.warnings) editor.log.warn(`${folder}: ${warning}`);
  editor.library.refresh();
  await offerReport(editor, folder, `Ported ${plan.patch.name} onto ${plan.newBase.name}.`);
}

function draftFrom(item: ReturnType<typeof targetItem>): PortDraft {
  if (item === undefined || item.problem !== undefined) return {};
  return item.kind === 'patch' ? { patch: item.path } : { onto: item.path };
}

async function offerReport(editor: EditorContext, folder: string, message: string): Promise<void> {
  const choice = await showInformation(message, 'Open Report', 'Reveal');
  if (choice === 'Open Report') await editor.reports.open(folder);
  if (choice === 'Reveal') await revealFolder(folder);
}
