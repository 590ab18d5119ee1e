import { basename, dirname, join, resolve } from 'node:path';
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
import { saveAs } from './saveAs.ts';

/** A page of evaluations. */
interface Shown {
  readonly panel: vscode.WebviewPanel;
  readonly end: PageEnd<EvaluationContract>;
  content: Content;
  /** The content could not be read. */
  failed: boolean;
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
    const out = resolve(result.out);
    const earlier = [...this.pages].find(({ content }) => content.out === out);
    const content = contentOf(result, stopped);
    if (earlier === undefined) this.create(content, 'beside');
    else void this.replace(earlier, content).catch((error: unknown) => showError(error, this.log));
  }

  /** Results files. */
  async open(files: readonly string[]): Promise<void> {
    const existing = [...this.pages].find(({ content }) => content.files.join('\n') === files.join('\n'));
    if (existing === undefined) {
      this.create(contentFrom(files, this.jobs), 'here');
      return;
    }
    existing.panel.reveal();
    await this.retry(existing);
  }

  /** Reads again what could not be read: files may have been mended, or the workspace may be trusted now. */
  async retryAll(): Promise<void> {
    for (const page of this.pages) await this.retry(page);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: EvaluationContract['state'] | undefined): Promise<void> {
    const files = Array.isArray(state?.files) ? state.files.filter((file) => typeof file === 'string') : [];
    if (files.length === 0) panel.dispose();
    else {
      panel.webview.options = pageOptions(this.extensionUri);
      const { title, reference } = state ?? {};
      this.attach(panel, contentFrom(files, this.jobs, { title, reference: reference ?? undefined }));
    }
    return Promise.resolve();
  }

  /** @param place what comes by itself opens beside what is being worked on, without taking the keyboard from it */
  private create(content: Content, place: 'here' | 'beside'): void {
    const isEmpty = vscode.window.tabGroups.activeTabGroup.activeTab === undefined;
    const isBeside = place === 'beside' && !isEmpty;
    const viewColumn = isBeside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const where = { viewColumn, preserveFocus: place === 'beside' };
    const options = pageOptions(this.extensionUri);
    this.attach(vscode.window.createWebviewPanel(EVALUATION_PAGE, '', where, options), content);
  }

  private attach(panel: vscode.WebviewPanel, content: Content): void {
    panel.title = titleOf(content);
    const end = new PageEnd<EvaluationContract>(panel.webview, (message) => {
      void this.answer(page, message).catch((error: unknown) => showError(error, this.log));
    });
    const page: Shown = { panel, end, content, failed: false };
    this.pages.add(page);
    panel.onDidDispose(() => this.pages.delete(page));
    panel.webview.html = pageHtml(panel.webview, this.extensionUri, 'evaluation', 'Evaluation');
  }

  private async answer(page: Shown, message: EvaluationContract['fromPage']): Promise<void> {
    const { files, title, view } = page.content;
    switch (message.type) {
      case 'ready':
        return this.send(page);
      case 'retry':
        return this.retry(page);
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
        return this.replace(page, contentFrom(files, this.jobs, { title, reference }, page.content.out));
      }
    }
  }

  private async compareWith(page: Shown): Promise<void> {
    const chosen = await chooseResults('Results to compare with: results_*.json, ours or of lm-evaluation-harness');
    if (chosen.length === 0) return;
    const { files, title, reference } = page.content;
    await this.replace(page, contentFrom([...new Set([...files, ...chosen])], this.jobs, { title, reference }));
  }

  /** A page that shows something goes on showing it where the new content cannot be read. @throws what says why */
  private async replace(page: Shown, content: Content): Promise<void> {
    const before = page.content;
    page.content = content;
    await this.working(page, content.view).catch(async (error: unknown) => {
      if (page.content === content) page.content = before;
      await this.send(page);
      throw error;
    });
    if (page.content !== content || !this.pages.has(page)) return;
    page.panel.title = titleOf(content);
    page.panel.reveal(undefined, true);
    await this.send(page);
  }

  private async retry(page: Shown): Promise<void> {
    if (!page.failed) return;
    page.content = contentFrom(page.content.files, this.jobs, page.content, page.content.out);
    await this.send(page);
  }

  private async send(page: Shown): Promise<void> {
    const { content } = page;
    const message = await this.working(page, content.view).then(
      (view) => ({ type: 'show', files: content.files, view }) as const,
      (error: unknown) => ({ type: 'problem', message: problemText(error) }) as const,
    );
    // It may have been told to show something else meanwhile.
    if (page.content !== content) return;
    page.failed = message.type === 'problem';
    this.post(page, message);
  }

  private working<T>(page: Shown, work: Promise<T>): Promise<T> {
    const message = 'Comparing the results, item by item …';
    const timer = setTimeout(() => this.post(page, { type: 'busy', message }), 200);
    return work.finally(() => clearTimeout(timer));
  }

  /** A page that was closed takes no messages. */
  private post(page: Shown, message: EvaluationContract['toPage']): void {
    if (this.pages.has(page)) page.end.send(message);
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
  await saveAs(join(folder, `${title}.csv`), { CSV: ['csv'] }, csvOf(view));
}
