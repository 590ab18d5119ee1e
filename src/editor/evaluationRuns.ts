import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { plural } from '../base/format.ts';
import type { LiveScores } from '../evaluation/run/liveScores.ts';
import { dateInWords, diskRuns, type DiskRun } from './evaluation/diskRuns.ts';
import { liveViewOf } from './evaluation/liveView.ts';
import type { LiveView, RunStatus, RunView } from './evaluation/viewTypes.ts';

/** An evaluation that was started in this window. */
interface OwnRun {
  readonly folder: string;
  status: RunStatus;
  progress: string;
  scores: LiveScores | undefined;
  readonly cancel: () => void;
}

/** How one that runs tells what becomes of it. */
export interface RunHandle {
  readonly progress: (text: string) => void;
  readonly live: (scores: LiveScores) => void;
  readonly end: (status: RunStatus) => void;
}

const RESULTS = '**/results_*.json';
const MOST = 2000;
const SETTLE_MS = 400;
const TELL_MS = 250;
const IMPORTED = 'portllm.evaluations.imported';

/** All evaluations: those that run, those whose results lie in the workspace, and those that were imported. */
export class EvaluationRuns implements vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly memory: vscode.Memento;
  private readonly own = new Map<string, OwnRun>();
  private readonly watcher = vscode.workspace.createFileSystemWatcher(RESULTS);
  private found: Promise<readonly DiskRun[]> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(memory: vscode.Memento) {
    this.memory = memory;
    this.onDidChange = this.changed.event;
    const later = (): void => this.searchSoon();
    this.watcher.onDidCreate(later);
    this.watcher.onDidDelete(later);
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(this.changed, this.watcher).dispose();
  }

  start(folder: string, cancel: () => void): RunHandle {
    const run: OwnRun = { folder, status: 'running', progress: 'waiting', scores: undefined, cancel };
    this.own.set(folder, run);
    this.changed.fire();
    let lastAt = -Infinity;
    const change = (what: Partial<OwnRun>): void => {
      Object.assign(run, what);
      this.changed.fire();
    };
    return {
      progress: (progress) => {
        run.progress = progress;
        const now = performance.now();
        if (now - lastAt < TELL_MS) return;
        lastAt = now;
        this.changed.fire();
      },
      live: (scores) => change({ scores }),
      end: (status) => {
        // Its results are there now; whoever looks must not be told what was there before.
        this.found = undefined;
        change({ status });
        this.searchSoon();
      },
    };
  }

  cancel(folder: string): void {
    const run = this.own.get(folder);
    if (run?.status === 'running') run.cancel();
  }

  /** What one that runs has found so far. */
  liveOf(folder: string): LiveView | undefined {
    const run = this.own.get(folder);
    if (run?.status !== 'running') return undefined;
    return liveViewOf(run.scores ?? { columns: [], rows: [] }, run.progress);
  }

  async list(): Promise<RunView[]> {
    const disk = await this.search();
    const known = new Set(disk.map(({ folder }) => folder));
    const without = [...this.own.values()].filter(({ folder }) => !known.has(folder));
    return [
      ...without.map((run): RunView => ({ id: run.folder, title: basename(run.folder), ...this.stateOf(run) })),
      ...disk.map((run): RunView => ({ id: run.folder, title: run.title, ...this.stateOfDisk(run) })),
      ...this.imported.map((file): RunView => ({
        id: file,
        title: basename(dirname(file)),
        status: 'imported',
        detail: basename(file),
      })),
    ];
  }

  /** The results of a row: folders of columns, or a file. */
  async filesOf(id: string): Promise<readonly string[]> {
    const run = (await this.search()).find(({ folder }) => folder === id);
    return run?.columns ?? (this.imported.includes(id) ? [id] : []);
  }

  async import(files: readonly string[]): Promise<void> {
    await this.memory.update(IMPORTED, [...new Set([...this.imported, ...files])]);
    this.changed.fire();
  }

  async forget(file: string): Promise<void> {
    await this.memory.update(
      IMPORTED,
      this.imported.filter((one) => one !== file),
    );
    this.changed.fire();
  }

  private get imported(): readonly string[] {
    const kept = this.memory.get<unknown>(IMPORTED);
    return Array.isArray(kept) ? kept.filter((file) => typeof file === 'string') : [];
  }

  private stateOf({ status, progress }: OwnRun): Pick<RunView, 'status' | 'detail'> {
    return { status, detail: progress };
  }

  private stateOfDisk(run: DiskRun): Pick<RunView, 'status' | 'detail'> {
    const own = this.own.get(run.folder);
    if (own?.status === 'running') return this.stateOf(own);
    const detail = `${plural(run.columns.length, 'column')}, ${dateInWords(run.date)}`;
    return { status: own?.status ?? 'stored', detail };
  }

  private search(): Promise<readonly DiskRun[]> {
    this.found ??= find();
    return this.found;
  }

  private searchSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.found = undefined;
      this.changed.fire();
    }, SETTLE_MS);
  }
}

async function find(): Promise<readonly DiskRun[]> {
  const files = await vscode.workspace.findFiles(RESULTS, '**/node_modules/**', MOST);
  return diskRuns(files.filter(({ scheme }) => scheme === 'file').map(({ fsPath }) => fsPath));
}
