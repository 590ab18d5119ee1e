import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { ReportContract } from '../../../webview/contract.ts';
import { readProvenance } from '../../port/provenanceFile.ts';
import { COMMANDS, REPORT_PAGE } from '../ids.ts';
import { PageEnd, pageHtml, pageOptions } from './page.ts';

/** The reports that are open, one per ported model; restored with the window. */
export class ReportPanels implements vscode.WebviewPanelSerializer<ReportContract['state']> {
  private readonly extensionUri: vscode.Uri;
  private readonly openPanels = new Map<string, vscode.WebviewPanel>();

  constructor(extensionUri: vscode.Uri) {
    this.extensionUri = extensionUri;
  }

  /** @throws InputError if the folder holds no report */
  async open(folder: string): Promise<void> {
    const existing = this.openPanels.get(folder);
    if (existing) {
      existing.reveal();
      return;
    }
    await readProvenance(folder);
    const { Active } = vscode.ViewColumn;
    this.attach(vscode.window.createWebviewPanel(REPORT_PAGE, '', Active, pageOptions(this.extensionUri)), folder);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: ReportContract['state'] | undefined): Promise<void> {
    if (typeof state?.folder !== 'string') panel.dispose();
    else {
      panel.webview.options = pageOptions(this.extensionUri);
      this.attach(panel, state.folder);
    }
    return Promise.resolve();
  }

  private attach(panel: vscode.WebviewPanel, folder: string): void {
    panel.title = `Report: ${basename(folder)}`;
    this.openPanels.set(folder, panel);
    panel.onDidDispose(() => {
      if (this.openPanels.get(folder) === panel) this.openPanels.delete(folder);
    });
    const end = new PageEnd<ReportContract>(panel.webview, (message) => {
      switch (message.type) {
        case 'ready':
          return void this.show(end, folder);
        case 'reveal':
          return void vscode.commands.executeCommand(COMMANDS.reveal, folder);
        case 'verify':
          return void vscode.commands.executeCommand(COMMANDS.verify, folder);
      }
    });
    panel.webview.html = pageHtml(panel.webview, this.extensionUri, 'report', 'Port Report');
  }

  private async show(end: PageEnd<ReportContract>, folder: string): Promise<void> {
    try {
      end.send({ type: 'show', folder, provenance: await readProvenance(folder) });
    } catch (error) {
      end.send({ type: 'problem', message: error instanceof Error ? error.message : String(error) });
    }
  }
}
