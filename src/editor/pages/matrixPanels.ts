import { basename, resolve } from 'node:path';
import * as vscode from 'vscode';
import type { MatrixContract } from '../../../webview/contract.ts';
import { problemText } from '../../base/errors.ts';
import type { MatrixState } from '../../evaluation/matrix/types.ts';
import type { ClusterJobs } from '../cluster/clusterJobs.ts';
import { COMMANDS, MATRIX_PAGE } from '../ids.ts';
import type { Jobs } from '../jobs.ts';
import { viewOf } from '../matrix/view.ts';
import { showError } from '../showError.ts';
import type { EvaluationPanels } from './evaluationPanels.ts';
import { type Opening, PageEnd, pageHtml, pageOptions, placeOf } from './page.ts';

/** How often a matrix that runs is looked at; a cluster's files say nothing of themselves. */
const LOOK_MS = 2000;

export interface MatrixPanelsParts {
  readonly extensionUri: vscode.Uri;
  readonly jobs: Jobs;
  readonly evaluations: EvaluationPanels;
  readonly cluster: ClusterJobs;
  readonly log: vscode.LogOutputChannel;
}

interface Shown {
  readonly panel: vscode.WebviewPanel;
  readonly end: PageEnd<'matrix'>;
  state: MatrixState | undefined;
  /** As it was shown last. */
  wasRunning: boolean;
  /** Somebody is looking: a matrix that is slow to read is not asked for again and again. */
  isLooking: boolean;
}

/** The matrices that are open, which fill as their parts end; restored with the window, from their folders. */
export class MatrixPanels implements vscode.WebviewPanelSerializer<MatrixContract['state']>, vscode.Disposable {
  private readonly parts: MatrixPanelsParts;
  private readonly pages = new Map<string, Shown>();
  /** Those that run here, and what stops them. */
  private readonly running = new Map<string, AbortController>();
  /** Ticks while a page is open. */
  private timer: NodeJS.Timeout | undefined;
  private readonly onCluster: vscode.Disposable;

  constructor(parts: MatrixPanelsParts) {
    this.parts = parts;
    this.onCluster = parts.cluster.onDidChange(() => this.lookAtEnded());
  }

  dispose(): void {
    clearInterval(this.timer);
    this.onCluster.dispose();
  }

  async open(folder: string, opening: Opening = 'asked'): Promise<void> {
    const out = resolve(folder);
    const existing = this.pages.get(out);
    if (existing === undefined) {
      const options = pageOptions(this.parts.extensionUri);
      // A matrix stands beside the file that says what is in it.
      const isBeside = vscode.window.activeTextEditor !== undefined;
      const place = { ...placeOf(opening), ...(isBeside ? { viewColumn: vscode.ViewColumn.Beside } : {}) };
      this.attach(vscode.window.createWebviewPanel(MATRIX_PAGE, `Matrix: ${basename(out)}`, place, options), out);
    } else {
      if (opening === 'asked') existing.panel.reveal();
      await this.send(out);
    }
  }

  /** One that runs here. @returns what says that it has ended */
  begin(folder: string, controller: AbortController): () => Promise<void> {
    const out = resolve(folder);
    this.running.set(out, controller);
    return async () => {
      this.running.delete(out);
      await this.send(out);
    };
  }

  isRunning(folder: string): boolean {
    const out = resolve(folder);
    const isOnCluster = this.parts.cluster.all.some((job) => job.out === out && job.end === undefined);
    return this.running.has(out) || isOnCluster;
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: MatrixContract['state'] | undefined): Promise<void> {
    const out = typeof state?.out === 'string' ? state.out : '';
    if (out === '' || this.pages.has(out)) panel.dispose();
    else {
      panel.webview.options = pageOptions(this.parts.extensionUri);
      this.attach(panel, out);
    }
    return Promise.resolve();
  }

  private attach(panel: vscode.WebviewPanel, out: string): void {
    const { extensionUri, log } = this.parts;
    const end = new PageEnd(panel.webview, 'matrix', (message) => {
      void this.answer(out, message).catch((error: unknown) => showError(error, log));
    });
    this.pages.set(out, { panel, end, state: undefined, wasRunning: false, isLooking: false });
    this.timer ??= setInterval(() => this.lookAtRunning(), LOOK_MS);
    panel.onDidDispose(() => this.detach(out));
    panel.webview.html = pageHtml(panel.webview, extensionUri, 'matrix', 'Matrix');
  }

  private detach(out: string): void {
    this.pages.delete(out);
    if (this.pages.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async answer(out: string, message: MatrixContract['fromPage']): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.send(out);
      case 'stop': {
        this.running.get(out)?.abort();
        this.parts.cluster.cancel(out);
        return;
      }
      case 'continue':
        await vscode.commands.executeCommand(COMMANDS.matrix, { folder: out });
        return;
      case 'open': {
        const state = this.pages.get(out)?.state;
        if (state !== undefined) await this.openCell(state, message.row, message.column);
      }
    }
  }

  private async openCell({ rows, columns, cells }: MatrixState, row: number, column: number): Promise<void> {
    const { sources = [] } = cells[row]?.[column] ?? {};
    if (sources.length === 0) return;
    const title = `${rows[row]?.patch ?? ''} on ${columns[column]?.base ?? ''}`;
    await this.parts.evaluations.open(sources, { title });
  }

  private lookAtRunning(): void {
    for (const [out, { panel, isLooking }] of this.pages)
      if (panel.visible && !isLooking && this.isRunning(out)) void this.send(out);
  }

  /** A job of a cluster that has ended, however it did. */
  private lookAtEnded(): void {
    for (const [out, { wasRunning }] of this.pages) if (wasRunning && !this.isRunning(out)) void this.send(out);
  }

  private async send(out: string): Promise<void> {
    const page = this.pages.get(out);
    if (page === undefined) return;
    page.isLooking = true;
    try {
      page.state = await this.parts.jobs.quick('matrixState', { out });
      page.wasRunning = this.isRunning(out);
      page.end.send({ type: 'show', out, view: viewOf(page.state, page.wasRunning) });
    } catch (error) {
      page.end.send({ type: 'problem', message: problemText(error) });
    } finally {
      page.isLooking = false;
    }
  }
}
