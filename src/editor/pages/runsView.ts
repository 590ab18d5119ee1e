import * as vscode from 'vscode';
import type { RunsContract } from '../../../webview/contract.ts';
import { problemText } from '../../base/errors.ts';
import type { EvaluationView } from '../evaluation/viewTypes.ts';
import { COMMANDS } from '../ids.ts';
import { showError } from '../showError.ts';
import { contentFrom } from './evaluationContent.ts';
import type { EvaluationPanels, EvaluationParts } from './evaluationPanels.ts';
import { PageEnd, pageHtml, pageOptions } from './page.ts';

export interface RunsViewParts extends EvaluationParts {
  readonly evaluations: EvaluationPanels;
}

interface Chosen {
  readonly id: string;
  /** Undefined while it runs. */
  readonly view: Promise<EvaluationView> | undefined;
}

/** The evaluations in the side bar: what runs, what has run, and the chosen one in short. */
export class RunsView implements vscode.WebviewViewProvider, vscode.Disposable {
  private readonly parts: RunsViewParts;
  private readonly subscriptions: vscode.Disposable;
  private end: PageEnd<'runs'> | undefined;
  private chosen: Chosen | undefined;
  /** What the page shows now. */
  private shown: EvaluationView | undefined;

  constructor(parts: RunsViewParts) {
    this.parts = parts;
    this.subscriptions = vscode.Disposable.from(
      parts.runs.onDidChange(() => void this.sendAll()),
      parts.baseline.onDidChange(() => void this.chooseAgain()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.chooseAgain()),
    );
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { extensionUri, log } = this.parts;
    view.webview.options = pageOptions(extensionUri);
    this.end = new PageEnd(view.webview, 'runs', (message) => {
      void this.answer(message).catch((error: unknown) => showError(error, log));
    });
    view.onDidDispose(() => (this.end = undefined));
    view.webview.html = pageHtml(view.webview, extensionUri, 'runs', 'Evaluations');
  }

  private async answer(message: RunsContract['fromPage']): Promise<void> {
    const { runs, baseline } = this.parts;
    switch (message.type) {
      case 'ready':
        await this.sendRuns();
        return message.chosen === null ? undefined : this.choose(message.chosen);
      case 'choose':
        return this.choose(message.id);
      case 'open':
        return this.open(message.id);
      case 'cancel': {
        runs.cancel(message.id);
        return;
      }
      case 'pin': {
        const column = message.column === null ? undefined : this.shown?.columns[message.column];
        return baseline.pin(column && { label: column.label, source: column.source });
      }
      case 'forget':
        return runs.forget(message.id);
      case 'evaluate':
      case 'import':
        await vscode.commands.executeCommand(message.type === 'evaluate' ? COMMANDS.evaluate : COMMANDS.importResults);
        return;
    }
  }

  private async open(id: string): Promise<void> {
    const { runs, evaluations } = this.parts;
    if (runs.liveOf(id) !== undefined) return void evaluations.reveal(id);
    const files = await runs.filesOf(id);
    if (files.length > 0) await evaluations.open(files, { out: id });
  }

  private async choose(id: string): Promise<void> {
    const { runs, jobs, baseline } = this.parts;
    if (runs.liveOf(id) !== undefined) {
      this.chosen = { id, view: undefined };
      this.sendLive();
      return;
    }
    const files = await runs.filesOf(id);
    if (files.length === 0) {
      this.chosen = { id, view: undefined };
      this.end?.send({ type: 'problem', id, message: 'There are no results yet.' });
      return;
    }
    const { view } = contentFrom(files, jobs, {}, { baseline: baseline.value });
    const chosen: Chosen = { id, view };
    this.chosen = chosen;
    this.end?.send({ type: 'busy', id });
    const message = await view.then(
      (found) => ({ type: 'show', id, view: found }) as const,
      (error: unknown) => ({ type: 'problem', id, message: problemText(error) }) as const,
    );
    // Another may have been chosen meanwhile.
    if (this.chosen !== chosen) return;
    this.shown = message.type === 'show' ? message.view : undefined;
    this.end?.send(message);
  }

  private async chooseAgain(): Promise<void> {
    await this.sendRuns();
    if (this.chosen !== undefined) await this.choose(this.chosen.id);
  }

  /** The chosen one may just have ended. */
  private async sendAll(): Promise<void> {
    await this.sendRuns();
    const { chosen } = this;
    if (chosen === undefined) return;
    const isRunning = this.parts.runs.liveOf(chosen.id) !== undefined;
    if (isRunning) {
      this.chosen = { id: chosen.id, view: undefined };
      this.sendLive();
    } else if (chosen.view === undefined) await this.choose(chosen.id);
  }

  private async sendRuns(): Promise<void> {
    const { runs, baseline } = this.parts;
    this.end?.send({ type: 'runs', runs: await runs.list(), baseline: baseline.value?.label ?? null });
  }

  private sendLive(): void {
    const id = this.chosen?.id;
    const live = id === undefined ? undefined : this.parts.runs.liveOf(id);
    if (id !== undefined && live !== undefined) this.end?.send({ type: 'live', id, live });
  }
}
