import * as vscode from 'vscode';
import { plainText } from '../../base/plainText.ts';
import type { ReportRef } from '../../../webview/contract.ts';
import { DIAGNOSIS_ENDING } from '../../diagnostics/diagnosisFile.ts';
import type { Diagnoses } from '../diagnoses.ts';
import type { LibraryModel } from '../libraryModel.ts';
import { sameReport } from './reportSource.ts';

interface Choice extends vscode.QuickPickItem {
  readonly ref?: ReportRef;
}

/** Another report: a ported model, a diagnosis that was kept, or a file. */
export async function chooseReport(
  library: LibraryModel,
  diagnoses: Diagnoses,
  without: ReportRef,
): Promise<ReportRef | undefined> {
  const ported = (await library.load())
    .filter(({ kind, problem }) => kind === 'portedModel' && problem === undefined)
    .map(({ name, path }): Choice => ({
      label: plainText(name),
      description: path,
      ref: { kind: 'port', folder: path },
    }));
  const kept = (await diagnoses.list()).map(({ title, made, file }): Choice => ({
    label: plainText(title),
    description: new Date(made).toLocaleString(),
    ref: { kind: 'diagnosis', file },
  }));
  const separator = (label: string): Choice => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const browse: Choice = { label: '$(folder-opened) Browse…', alwaysShow: true };
  const others = (choices: readonly Choice[]): Choice[] =>
    choices.filter(({ ref }) => ref !== undefined && !sameReport(ref, without));
  const chosen = await vscode.window.showQuickPick(
    [separator('ported models'), ...others(ported), separator('diagnoses'), ...others(kept), separator(''), browse],
    { placeHolder: 'Compare with which report?', matchOnDescription: true },
  );
  if (chosen === undefined) return undefined;
  return chosen.ref ?? chooseFile();
}

async function chooseFile(): Promise<ReportRef | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      filters: { Diagnosis: [DIAGNOSIS_ENDING.slice(1), 'json'] },
      openLabel: 'Compare',
    })) ?? [];
  return file === undefined ? undefined : { kind: 'diagnosis', file: file.fsPath };
}
