import { basename, dirname, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import type { EvaluationContract } from '../../../webview/contract.ts';
import { problemText } from '../../base/errors.ts';
import type { EvaluateResult } from '../../evaluation/run/result.ts';
import type { PinnedBaseline } from '../baseline.ts';
import { csvOf } from '../evaluation/csv.ts';
import { itemDetail } from '../evaluation/itemDetail.ts';
import { markdownOf } from '../evaluation/markdown.ts';
import type { EvaluationView } from '../evaluation/viewTypes.ts';
import type { EvaluationRuns } from '../evaluationRuns.ts';
import { EVALUATION_PAGE } from '../ids.ts';
import type { Jobs } from '../jobs.ts';
import { showError } from '../showError.ts';
import { chooseRun } from './chooseResults.ts';
import { contentFrom, contentOf, contentOfRunning, type Content } from './evaluationContent.ts';
import { type Opening, PageEnd, pageHtml, pageOptions, placeOf } from './page.ts';
import { saveAs } from './saveAs.ts';
import { plainText } from '../../base/plainText.ts';

/** A page of evaluations. */
interface Shown {
  readonly panel: vscode.WebviewPanel;
  readonly end: PageEnd<'evaluation'>;
  content: Content;
  /** What it showed before an evaluation that runs. */
  before: Content | undefined;
  /** What the page shows now: a click means its columns, whatever is on its way. */
  shown: EvaluationView | undefined;
  /** The content could not be read. */
  failed: boolean;
}

export interface EvaluationParts {
  readonly extensionUri: vscode.Uri;
  readonly jobs: Jobs;
  readonly runs: EvaluationRuns;
  readonly baseline: PinnedBaseline;
  readonly log: vscode.LogOutputChannel;
}

type Message<T extends EvaluationContract['fromPage']['type']> = EvaluationContract['fromPage'] & { readonly type: T };

/** The comparisons that are open; restored with the window, from their results files. */
export class EvaluationPanels implements vscode.WebviewPanelSerializer<EvaluationContract['state']>, vscode.Disposable {
  private readonly parts: EvaluationParts;
  private readonly pages = new Set<Shown>();
  private readonly subscriptions: vscode.Disposable;

  constructor(parts: EvaluationParts) {
    this.parts = parts;
    this.subscriptions = vscode.Disposable.from(
      parts.runs.onDidChange(() => this.sendLive()),
      parts.baseline.onDidChange(() => void this.compareAnew()),
    );
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  /** An evaluation that begins: what it finds is shown as it comes. */
  begin(folder: string): void {
    const out = resolve(folder);
    const earlier = this.pageOf(out);
    if (earlier === undefined) this.create(contentOfRunning(out), 'byItself');
    else Object.assign(earlier, { before: earlier.content, content: contentOfRunning(out) });
    this.sendLive();
  }

  /** One that ended with nothing to show: the page shows again what it did before. */
  async end(folder: string): Promise<void> {
    const page = this.pageOf(resolve(folder));
    if (page === undefined || page.content.files.length > 0) return;
    if (page.before === undefined) page.panel.dispose();
    else {
      page.content = page.before;
      await this.send(page);
    }
  }

  /**
   * What an evaluation ended with; one that went on takes the place of its earlier page.
   *
   * @param stopped how much there is of one that was stopped
   */
  show(result: EvaluateResult, stopped?: string): void {
    const out = resolve(result.out);
    const baseline = this.parts.baseline.value;
    const content =
      baseline === undefined
        ? contentOf(result, stopped)
        : contentFrom(result.files, this.parts.jobs, { title: basename(out) }, { out, baseline, stopped });
    const earlier = this.pageOf(out);
    if (earlier === undefined) this.create(content, 'byItself');
    else void this.replace(earlier, content).catch((error: unknown) => this.say(error));
  }

  /**
   * Results files, or folders of them.
   *
   * @param out the evaluation that they are of: a page of it may be open
   * @param title without it the name of the folder that holds all of them
   */
  async open(
    files: readonly string[],
    { out, title }: { out?: string; title?: string } = {},
    opening: Opening = 'asked',
  ): Promise<void> {
    const isOpen = ({ content }: Shown): boolean =>
      content.files.join('\n') === files.join('\n') || (out !== undefined && content.out === out);
    const existing = [...this.pages].find(isOpen);
    if (existing === undefined) {
      this.create(this.read(files, { title }), opening);
      return;
    }
    if (opening === 'asked') existing.panel.reveal();
    await this.retry(existing);
  }

  /** The page of an evaluation that runs. */
  reveal(folder: string): boolean {
    const page = this.pageOf(resolve(folder));
    if (page === undefined) this.begin(folder);
    else page.panel.reveal();
    return page !== undefined;
  }

  /** Reads again what could not be read: files may have been mended, or the workspace may be trusted now. */
  async retryAll(): Promise<void> {
    for (const page of this.pages) await this.retry(page);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: EvaluationContract['state'] | undefined): Promise<void> {
    const files = Array.isArray(state?.files) ? state.files.filter((file) => typeof file === 'string') : [];
    if (files.length === 0) panel.dispose();
    else {
      panel.webview.options = pageOptions(this.parts.extensionUri);
      const { title, reference } = state ?? {};
      this.attach(panel, this.read(files, { title, reference: reference ?? undefined }));
    }
    return Promise.resolve();
  }

  private read(
    files: readonly string[],
    what: { title?: string | undefined; reference?: string | undefined },
  ): Content {
    return contentFrom(files, this.parts.jobs, what, { baseline: this.parts.baseline.value });
  }

  private pageOf(out: string): Shown | undefined {
    return [...this.pages].find(({ content }) => content.out === out);
  }

  private create(content: Content, opening: Opening): void {
    const options = pageOptions(this.parts.extensionUri);
    this.attach(vscode.window.createWebviewPanel(EVALUATION_PAGE, '', placeOf(opening), options), content);
  }

  private attach(panel: vscode.WebviewPanel, content: Content): void {
    panel.title = titleOf(content);
    const end = new PageEnd(panel.webview, 'evaluation', (message) => {
      void this.answer(page, message).catch((error: unknown) => this.say(error));
    });
    const page: Shown = { panel, end, content, before: undefined, shown: undefined, failed: false };
    this.pages.add(page);
    panel.onDidDispose(() => this.pages.delete(page));
    panel.webview.html = pageHtml(panel.webview, this.parts.extensionUri, 'evaluation', 'Evaluation');
  }

  private say(error: unknown): void {
    void showError(error, this.parts.log);
  }

  private async answer(page: Shown, message: EvaluationContract['fromPage']): Promise<void> {
    const { view, out } = page.content;
    switch (message.type) {
      case 'ready':
        return this.send(page);
      case 'retry':
        return this.retry(page);
      case 'cancel': {
        if (out !== undefined) this.parts.runs.cancel(out);
        return;
      }
      case 'openFile':
        return openOne([...new Set(page.shown?.columns.map(({ source }) => source))]);
      case 'compareWith':
        return this.compareWith(page);
      case 'exportCsv':
        return saveAs(nameOf(page.content), { CSV: ['csv'] }, csvOf(await view));
      case 'copyMarkdown':
        await vscode.env.clipboard.writeText(markdownOf(await view));
        vscode.window.setStatusBarMessage('PortLLM: the comparison is on the clipboard as Markdown.', 5000);
        return;
      case 'pin':
        return this.pin(page, message.column);
      case 'item':
        return this.sendItem(page, message);
      case 'reference':
        return this.compareWithColumn(page, message.column);
    }
  }

  private async compareWithColumn(page: Shown, column: number): Promise<void> {
    const { files, title, out } = page.content;
    const reference = page.shown?.columns[column]?.label;
    if (reference === undefined) return;
    const baseline = this.parts.baseline.value;
    await this.replace(page, contentFrom(files, this.parts.jobs, { title, reference }, { out, baseline }));
  }

  private async compareWith(page: Shown): Promise<void> {
    const { files, title, reference } = page.content;
    const chosen = await chooseRun(this.parts.runs, files);
    if (chosen.length === 0) return;
    await this.replace(page, this.read([...new Set([...files, ...chosen])], { title, reference }));
  }

  /** Null takes the pin away. */
  private async pin({ shown }: Shown, column: number | null): Promise<void> {
    const found = column === null ? undefined : shown?.columns[column];
    await this.parts.baseline.pin(found && { label: found.label, source: found.source });
  }

  /** The pinned baseline is another one. */
  private async compareAnew(): Promise<void> {
    const baseline = this.parts.baseline.value;
    for (const page of this.pages) {
      const { files, title, out } = page.content;
      if (files.length === 0) continue;
      const content = contentFrom(files, this.parts.jobs, { title }, { out, baseline });
      await this.replace(page, content, false).catch((error: unknown) => this.say(error));
    }
  }

  private async sendItem(
    page: Shown,
    { task, column, reference, docId, referenceDocId }: Message<'item'>,
  ): Promise<void> {
    const [own, other] = [page.shown?.columns[column], page.shown?.columns[reference]];
    if (own === undefined || other === undefined) return;
    const places = [
      { source: own.source, task, docId },
      { source: other.source, task, docId: referenceDocId },
    ];
    try {
      const [first, second] = await this.parts.jobs.quick('items', { places });
      if (first === undefined || second === undefined) return;
      const detail = itemDetail(task, docId, [own.label, other.label], [first, second]);
      this.post(page, { type: 'item', column, reference, detail });
    } catch (error) {
      this.post(page, { type: 'noItem', column, reference, task, docId, message: problemText(error) });
    }
  }

  /** A page that shows something goes on showing it where the new content cannot be read. @throws what says why */
  private async replace(page: Shown, content: Content, reveal = true): Promise<void> {
    const before = page.content;
    page.content = content;
    await this.working(page, content.view).catch(async (error: unknown) => {
      if (page.content === content) page.content = before;
      await this.send(page);
      throw error;
    });
    if (page.content !== content || !this.pages.has(page)) return;
    page.panel.title = titleOf(content);
    if (reveal) page.panel.reveal(undefined, true);
    await this.send(page);
  }

  private async retry(page: Shown): Promise<void> {
    if (!page.failed) return;
    const { files, out } = page.content;
    page.content = contentFrom(files, this.parts.jobs, page.content, { out, baseline: this.parts.baseline.value });
    await this.send(page);
  }

  private sendLive(): void {
    for (const page of this.pages) {
      const { out, files, title } = page.content;
      const live = out === undefined || files.length > 0 ? undefined : this.parts.runs.liveOf(out);
      if (live !== undefined) this.post(page, { type: 'live', title, live });
    }
  }

  private async send(page: Shown): Promise<void> {
    const { content } = page;
    if (content.files.length === 0) {
      const isLive = content.out !== undefined && this.parts.runs.liveOf(content.out) !== undefined;
      if (isLive) this.sendLive();
      else this.post(page, { type: 'busy', message: 'Counting the answers that are kept …' });
      return;
    }
    const message = await this.working(page, content.view).then(
      (view) =>
        ({
          type: 'show',
          files: content.files,
          chosen: content.reference ?? null,
          view,
          baseline: this.parts.baseline.value?.label ?? null,
        }) as const,
      (error: unknown) => ({ type: 'problem', message: problemText(error) }) as const,
    );
    // It may have been told to show something else meanwhile.
    if (page.content !== content) return;
    page.failed = message.type === 'problem';
    page.shown = message.type === 'show' ? message.view : undefined;
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

async function openOne(files: readonly string[]): Promise<void> {
  const choices = files.map((file) => ({
    label: plainText(basename(dirname(file))),
    description: plainText(file),
    file,
  }));
  const chosen =
    files.length > 1 ? await vscode.window.showQuickPick(choices, { placeHolder: 'Which file?' }) : choices[0];
  if (chosen !== undefined) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(chosen.file));
}

function nameOf({ files, title }: Content): string {
  const [first = ''] = files;
  const column = first.endsWith('.json') ? dirname(first) : first;
  return join(dirname(column), `${title}.csv`);
}
