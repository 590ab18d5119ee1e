import * as vscode from 'vscode';
import type { Baseline } from '../evaluation/results/baseline.ts';

const KEY = 'portllm.evaluations.baseline';

/** The column that a person pinned: every evaluation of this workspace is compared with it. */
export class PinnedBaseline implements vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.memory = memory;
    this.onDidChange = this.changed.event;
  }

  get value(): Baseline | undefined {
    const kept = this.memory.get<Partial<Baseline>>(KEY);
    return typeof kept?.label === 'string' && typeof kept.source === 'string'
      ? { label: kept.label, source: kept.source }
      : undefined;
  }

  async pin(baseline: Baseline | undefined): Promise<void> {
    await this.memory.update(KEY, baseline);
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }
}
