import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { OtherReport, ReportContract, ReportRef } from '../../../webview/contract.ts';
import { problemText } from '../../base/errors.ts';
import type { DiagnoseRequest } from '../../diagnostics/types.ts';
import type { Diagnoses } from '../diagnoses.ts';
import { COMMANDS, REPORT_PAGE } from '../ids.ts';
import type { LibraryModel } from '../libraryModel.ts';
import { csvOf } from '../report/csv.ts';
import { detailOf, reportView, type ReportSource } from '../report/view.ts';
import { showError } from '../showError.ts';
import { chooseReport } from './chooseReport.ts';
import { type Opening, PageEnd, pageHtml, pageOptions, placeOf } from './page.ts';
import { asReportRef, loadReport, sameReport, titleOf } from './reportSource.ts';
import { saveAs } from './saveAs.ts';

interface Shown {
  readonly panel: vscode.WebviewPanel;
  readonly end: PageEnd<'report'>;
  readonly ref: ReportRef;
  other: ReportRef | null;
  /** What the page shows; undefined until it is read. */
  source: ReportSource | undefined;
}

const FILTERS: Record<string, Record<string, string[]>> = {
  csv: { CSV: ['csv'] },
  json: { JSON: ['json'] },
  svg: { SVG: ['svg'] },
  png: { PNG: ['png'] },
};

/** The reports that are open, one for each port or diagnosis; restored with the window. */
export class ReportPanels implements vscode.WebviewPanelSerializer<ReportContract['state']> {
  private readonly extensionUri: vscode.Uri;
  private readonly library: LibraryModel;
  private readonly diagnoses: Diagnoses;
  private readonly log: vscode.LogOutputChannel;
  private readonly pages = new Set<Shown>();

  constructor(extensionUri: vscode.Uri, library: LibraryModel, diagnoses: Diagnoses, log: vscode.LogOutputChannel) {
    this.extensionUri = extensionUri;
    this.library = library;
    this.diagnoses = diagnoses;
    this.log = log;
  }

  /** A report that is open already is read anew. @throws InputError if there is no report */
  async open(ref: ReportRef, opening: Opening = 'asked'): Promise<void> {
    const source = await loadReport(ref, this.diagnoses);
    const existing = [...this.pages].find((page) => sameReport(page.ref, ref));
    if (existing !== undefined) {
      if (opening === 'asked') existing.panel.reveal();
      await this.show(existing);
      return;
    }
    const panel = vscode.window.createWebviewPanel(REPORT_PAGE, '', placeOf(opening), pageOptions(this.extensionUri));
    this.attach(panel, ref, null, source);
  }

  /** There is more to be told of a report that may be open. */
  async refresh(ref: ReportRef): Promise<void> {
    for (const page of this.pages) if (sameReport(page.ref, ref)) await this.show(page);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: ReportContract['state'] | undefined): Promise<void> {
    const ref = asReportRef(state?.source);
    if (ref === undefined) panel.dispose();
    else {
      panel.webview.options = pageOptions(this.extensionUri);
      this.attach(panel, ref, asReportRef(state?.other) ?? null);
    }
    return Promise.resolve();
  }

  private attach(panel: vscode.WebviewPanel, ref: ReportRef, other: ReportRef | null, source?: ReportSource): void {
    panel.title = titleOf(ref, source);
    const end = new PageEnd(panel.webview, 'report', (message) => {
      void this.answer(page, message).catch((error: unknown) => showError(error, this.log));
    });
    const page: Shown = { panel, end, ref, other, source: undefined };
    this.pages.add(page);
    panel.onDidDispose(() => this.pages.delete(page));
    panel.webview.html = pageHtml(panel.webview, this.extensionUri, 'report', 'Port Report');
  }

  private async answer(page: Shown, message: ReportContract['fromPage']): Promise<void> {
    switch (message.type) {
      case 'ready':
      case 'retry':
        return this.show(page);
      case 'reveal':
      case 'verify':
        return command(COMMANDS[message.type], folderOf(page));
      case 'diagnose':
        return command(COMMANDS.diagnose, page.ref.kind === 'port' ? page.ref.folder : requestOf(page));
      case 'port':
        return command(COMMANDS.port, requestOf(page));
      case 'evaluate':
        return command(COMMANDS.evaluate, page.ref.kind === 'port' ? page.ref.folder : requestOf(page));
      case 'compareWith':
        return this.compareWith(page);
      case 'compareNone':
        page.other = null;
        return this.show(page);
      case 'detail':
        return this.sendDetail(page, message.target);
      case 'exportData':
        return exportData(page, message.format);
      case 'exportPicture':
        return saveAs(nameOf(page, message.format), FILTERS[message.format] ?? {}, message.content);
    }
  }

  private async show(page: Shown): Promise<void> {
    try {
      page.source = await loadReport(page.ref, this.diagnoses);
      page.panel.title = titleOf(page.ref, page.source);
      const view = reportView(page.source);
      this.post(page, { type: 'show', source: page.ref, view, other: await this.otherOf(page) });
    } catch (error) {
      this.post(page, { type: 'problem', message: problemText(error) });
    }
  }

  /** One that is gone is said, and left out. */
  private async otherOf(page: Shown): Promise<OtherReport | null> {
    if (page.other === null) return null;
    try {
      return { source: page.other, view: reportView(await loadReport(page.other, this.diagnoses)) };
    } catch (error) {
      page.other = null;
      void showError(error, this.log);
      return null;
    }
  }

  private async compareWith(page: Shown): Promise<void> {
    const chosen = await chooseReport(this.library, this.diagnoses, page.ref);
    if (chosen === undefined) return;
    page.other = chosen;
    await this.show(page);
  }

  private sendDetail(page: Shown, target: string): Promise<void> {
    const detail = page.source && detailOf(page.source, target);
    if (detail !== undefined) this.post(page, { type: 'detail', detail });
    return Promise.resolve();
  }

  /** A page that was closed takes no messages. */
  private post(page: Shown, message: ReportContract['toPage']): void {
    if (this.pages.has(page)) page.end.send(message);
  }
}

async function command(name: string, argument: unknown): Promise<void> {
  await vscode.commands.executeCommand(name, argument);
}

function folderOf({ ref }: Shown): string | undefined {
  return ref.kind === 'port' ? ref.folder : undefined;
}

function requestOf({ source }: Shown): DiagnoseRequest | undefined {
  return source?.diagnosis?.diagnosis.request;
}

async function exportData(page: Shown, format: 'csv' | 'json'): Promise<void> {
  const { source } = page;
  if (source === undefined) return;
  const json = (): string => `${JSON.stringify(source.diagnosis ?? source.port?.provenance, null, 1)}\n`;
  await saveAs(nameOf(page, format), FILTERS[format] ?? {}, format === 'csv' ? csvOf(reportView(source)) : json());
}

/** Beside the ported model, or in the workspace. */
function nameOf({ ref, source }: Shown, format: string): string {
  const ending = format === 'json' && source?.diagnosis != null ? 'diagnosis.json' : format;
  if (ref.kind === 'port') return `${ref.folder}.${ending}`;
  const found = source?.diagnosis?.diagnosis;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? dirname(found?.patch.path ?? ref.file);
  return join(
    folder,
    `${found?.patch.name ?? 'patch'}-on-${found?.newBase.name ?? 'base'}.${ending}`.replaceAll(/[\\/]/g, '-'),
  );
}
