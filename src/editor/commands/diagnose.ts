import * as vscode from 'vscode';
import { UserError } from '../../base/errors.ts';
import { plainText } from '../../base/plainText.ts';
import type { LibraryItem } from '../../library/item.ts';
import { isCheckpoint, isPatch } from '../../library/lineage.ts';
import { readProvenance } from '../../port/provenanceFile.ts';
import { diagnosedRequest, targetFolder, targetItem } from '../commandTarget.ts';
import type { EditorContext } from '../context.ts';
import type { DiagnosedPort, Diagnoses } from '../diagnoses.ts';
import { showInformation } from '../messages.ts';
import { readSettings } from '../settings.ts';
import { assertTrusted } from '../trust.ts';
import { worldOf } from '../world.ts';
import { lastPart } from '../wizard/folderNames.ts';
import { askForDiagnosis, type DiagnoseDraft } from '../wizard/diagnoseWizard.ts';

interface Draft {
  readonly request: DiagnoseDraft;
  /** The ported model that was clicked. */
  readonly port?: DiagnosedPort;
}

/** Diagnose…: asks, reads the weights, and opens the report. */
export async function diagnosePatch(editor: EditorContext, target: unknown): Promise<void> {
  assertTrusted('Diagnosing');
  const world = await worldOf(editor);
  const { request: draft, port } = await draftFrom(target, world.items);
  const asked = await askForDiagnosis(world, draft, readSettings().evaluate);
  if (asked === undefined) return;
  const { request, probe: probeRequest } = asked;
  const names = `${lastPart(request.patch)} on ${lastPart(request.onto)}`;
  // A probe is not made in parts.
  if (readSettings().runner === 'slurm' && probeRequest === undefined) {
    const out = await editor.diagnoses.placeFor(request, port);
    return editor.cluster.submit('diagnose', names, { kind: 'diagnose', request: { request, out } });
  }
  await editor.jobs.device();
  const device = editor.jobs.deviceChoice;
  const diagnosis = await editor.jobs.long('diagnose', `Diagnosing ${names}`, { request, device });
  const file = await editor.diagnoses.keep(diagnosis, null, port);
  const report =
    port === undefined ? ({ kind: 'diagnosis', file } as const) : ({ kind: 'port', folder: port.folder } as const);
  await editor.reports.open(report);
  if (probeRequest === undefined) return;
  // What weights tell can be read meanwhile, and stays where the probe is stopped.
  const probe = await editor.jobs.long('probe', `Probing ${names}`, { request: probeRequest, device });
  await editor.diagnoses.keep(diagnosis, probe, port);
  await editor.reports.refresh(report);
}

/** Open Diagnosis…: a file that was clicked, or one that was kept. */
export async function openDiagnosis({ diagnoses, reports }: EditorContext, target: unknown): Promise<void> {
  const clicked = targetFolder(target);
  const file = clicked ?? (await chooseKept(diagnoses));
  if (file !== undefined) await reports.open({ kind: 'diagnosis', file });
}

async function chooseKept(diagnoses: Diagnoses): Promise<string | undefined> {
  const kept = await diagnoses.list();
  if (kept.length === 0) {
    void showInformation('Nothing was diagnosed yet. "PortLLM: Diagnose…" does.');
    return undefined;
  }
  const choices = kept.map(({ file, title, made }) => ({
    label: plainText(title),
    description: new Date(made).toLocaleString(),
    file,
  }));
  return (await vscode.window.showQuickPick(choices, { placeHolder: 'Which diagnosis?' }))?.file;
}

/** A ported model knows what it was made from; of a patch or a base the rest is asked, of an earlier request nothing. */
async function draftFrom(target: unknown, items: readonly LibraryItem[]): Promise<Draft> {
  const known = diagnosedRequest(target);
  if (known !== undefined) return { request: known };
  const item = targetItem(target, items);
  // A report may be of a folder that the library does not list.
  const folder = item?.kind === 'portedModel' || item === undefined ? targetFolder(target) : undefined;
  const provenance = folder === undefined ? undefined : await readProvenance(folder).catch(() => undefined);
  if (folder !== undefined && provenance !== undefined) return draftOfPort({ folder, provenance });
  if (item === undefined || item.problem !== undefined) return { request: {} };
  if (isPatch(item)) return { request: { patch: item.path } };
  return { request: isCheckpoint(item) ? { onto: item.path } : {} };
}

function draftOfPort(port: DiagnosedPort): Draft {
  const { patch, newBase, oldBase, scale, combined } = port.provenance;
  if (combined.length > 0)
    throw new UserError('Several patches were combined into this model, which cannot be diagnosed together yet.');
  return { port, request: { patch: patch.path, onto: newBase.path, from: oldBase?.path, scale } };
}
