import { basename, dirname, sep } from 'node:path';
import * as vscode from 'vscode';
import type { EvaluationContract } from '../../../webview/contract.ts';
import { UserError } from '../../base/errors.ts';
import type { EvaluateResult } from '../../evaluation/run/result.ts';
import { csvOf } from '../evaluation/csv.ts';
import { markdownOf } from '../evaluation/markdown.ts';
import type { EvaluationView } from '../evaluation/viewTypes.ts';
import { EVALUATION_PAGE } from '../ids.ts';
import type { Jobs } from '../jobs.ts';
import { showError } from '../showError.ts';
import { chooseResults } from './chooseResults.ts';
import { contentFrom, contentOf, type Content } from './evaluationContent.ts';
import { PageEnd, pageHtml, pageOptions } from './page.ts';

/** A page of evaluations. */
interface Shown {
  readonly panel: vscode.WebviewPanel;
  readonly end: PageEnd<EvaluationContract>;
  content: Content;
}

/** The comparisons that are open; restored with the window, from their results files. */
export class EvaluationPanels implements vscode.WebviewPanelSerializer<EvaluationContract['state']> {
  private readonly extensionUri: vscode.Uri;
  private readonly jobs: Jobs;
  private readonly log: vscode.LogOutputChannel;
  private readonly pages = new Set<Shown>();

  constructor(extensionUri: vscode.Uri, jobs: Jobs, log: vscode.LogOutputChannel) {
    this.extensionUri = extensionUri;
    this.jobs = jobs;
    this.log = log;
  }

  /**
   * What an evaluation ended with; one that went on takes the place of its earlier page.
   *
   * @param stopped how much there is of one that was stopped
   */
  show(result: EvaluateResult, stopped?: string): void {
    const inside = (file: string): boolean => file.startsWith(result.out + sep);
    const earlier = [...this.pages].find(({ content }) => content.files.every(inside));
    const content = contentOf(result, stopped);
    if (earlier === undefined) this.create(content);
    else void this.replace(earlier, content);
  }

  /** Results files. */
  open(files: readonly string[]): void {
    const existing = [...this.pages].find(({ content }) => content.files.join('\n') === files.join('\n'));
    if (existing) existing.panel.reveal();
    else this.create(contentFrom(files, this.jobs));
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: EvaluationContract['state'] | undefined): Promise<void> {
    const files = Array.isArray(state?.files) ? state.files.filter((file) => typeof file === 'string') : [];
    if (files.length === 0) panel.dispose();
    else {
      panel.webview.options = pageOptions(this.extensionUri);
      this.attach(panel, contentFrom(files, this.jobs, { reference: state?.reference ?? undefined }));
    }
    return Promise.resolve();
  }

  /** Beside what is being worked on, without taking the keyboard from it. */
  private create(content: Content): void {
    const isEmpty = vscode.window.tabGroups.activeTabGroup.activeTab === undefined;
    const viewColumn = isEmpty ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
    const where = { viewColumn, preserveFocus: true };
    const options = pageOptions(this.extensionUri);
    this.attach(vscode.window.createWebviewPanel(EVALUATION_PAGE, '', where, options), content);
  }

  private attach(panel: vscode.WebviewPanel, content: Content): void {
    panel.title = titleOf(content);
    const end = new PageEnd<EvaluationContract>(panel.webview, (message) => {
      void this.answer(page, message).catch((error: unknown) => showError(error, this.log));
    });
    const page: Shown = { panel, end, content };
    this.pages.add(page);
    panel.onDidDispose(() => this.pages.delete(page));
    panel.webview.html = pageHtml(panel.webview, this.extensionUri, 'evaluation', 'Evaluation');
  }

  private async answer(page: Shown, message: EvaluationContract['fromPage']): Promise<void> {
    const { files, title, view } = page.content;
    switch (message.type) {
      case 'ready':
        return this.send(page);
      case 'openFile':
        return openOne(files);
      case 'compareWith':
        return this.compareWith(page);
      case 'exportCsv':
        return exportCsv(await view, page.content);
      case 'copyMarkdown':
        await vscode.env.clipboard.writeText(markdownOf(await view));
        vscode.window.setStatusBarMessage('PortLLM: the comparison is on the clipboard as Markdown.', 5000);
        return;
      case 'reference': {
        const reference = (await view).columns[message.column]?.label;
        if (reference === undefined) return;
        return this.replace(page, contentFrom(files, this.jobs, { title, reference }));
      }
    }
  }

  private async compareWith(page: Shown): Promise<void> {
    const chosen = await chooseResults('Results to compare with: results_*.json, ours or of lm-evaluation-harness');
    if (chosen.length === 0) return;
    const { files, reference } = page.content;
    await this.replace(page, contentFrom([...new Set([...files, ...chosen])], this.jobs, { reference }));
  }

  private async replace(page: Shown, content: Content): Promise<void> {
    page.content = content;
    page.panel.title = titleOf(content);
    page.panel.reveal(undefined, true);
    await this.send(page);
  }

  private async send(page: Shown): Promise<void> {
    const { end, content } = page;
    const timer = setTimeout(() => end.send({ type: 'busy', message: 'Comparing the results, item by item …' }), 200);
    const message = await content.view.then(
      (view) => ({ type: 'show', files: content.files, view }) as const,
      (error: unknown) => ({ type: 'problem', message: problemText(error) }) as const,
    );
    clearTimeout(timer);
    // It may have been told to show something else meanwhile.
    if (page.content === content) end.send(message);
  }
}

function titleOf({ title }: Content): string {
  return `Evaluation: ${title}`;
}

function problemText(error: unknown): string {
  const hint = error instanceof UserError && error.hint !== undefined ? ` ${error.hint}` : '';
  return `${error instanceof Error ? error.message : String(error)}${hint}`;
}

async function openOne(files: readonly string[]): Promise<void> {
  const choices = files.map((file) => ({ label: basename(dirname(file)), description: file, file }));
  const chosen =
    files.length > 1 ? await vscode.window.showQuickPick(choices, { placeHolder: 'Which file?' }) : choices[0];
  if (chosen !== undefined) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(chosen.file));
}

async function exportCsv(view: EvaluationView, { files, title }: Content): Promise<void> {
  const folder = dirname(dirname(files[0] ?? ''));
  const defaultUri = vscode.Uri.file(`${folder}${sep}${title}.csv`);
  const target = await vscode.window.showSaveDialog({ defaultUri, filters: { CSV: ['csv'] }, saveLabel: 'Export' });
  if (target !== undefined) await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(csvOf(view)));
}
