import { basename } from 'node:path';
import type * as vscode from 'vscode';
import type { WorkerClient } from '../../worker/client.ts';
import { pageHtml, pageOptions } from '../pages/page.ts';
import { GlancePage } from './glancePage.ts';

/** Shows safetensors files and indices, read-only. */
export class SafetensorsEditor implements vscode.CustomReadonlyEditorProvider {
  private readonly extensionUri: vscode.Uri;
  private readonly worker: WorkerClient;
  private readonly log: vscode.LogOutputChannel;

  constructor(extensionUri: vscode.Uri, worker: WorkerClient, log: vscode.LogOutputChannel) {
    this.extensionUri = extensionUri;
    this.worker = worker;
    this.log = log;
  }

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => undefined };
  }

  resolveCustomEditor({ uri }: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    // The tab is called after the file anyway; without this the page itself is called "undefined".
    panel.title = basename(uri.fsPath);
    panel.webview.options = pageOptions(this.extensionUri);
    const page = new GlancePage(uri, panel.webview, this.worker, this.log);
    panel.onDidDispose(() => page.dispose());
    panel.webview.html = pageHtml(panel.webview, this.extensionUri, 'safetensors', 'Safetensors');
  }
}
