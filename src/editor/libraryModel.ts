import * as vscode from 'vscode';
import type { LibraryItem } from '../library/item.ts';
import { huggingFaceCache, scan, type ScanRoot } from '../library/scan.ts';
import { CONTEXT } from './ids.ts';
import { readSettings } from './settings.ts';

const WATCHED = '**/{config.json,adapter_config.json,portllm.json,*.safetensors,*.safetensors.index.json}';
/** Downloads and ports touch many files at once. */
const SETTLE_MS = 400;

/** What the disk holds: scanned when somebody looks, again when something changes. */
export class LibraryModel implements vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[] = [this.changed];
  private watchers: vscode.Disposable[] = [];
  private found: readonly LibraryItem[] = [];
  private scanning: Promise<readonly LibraryItem[]> | undefined;
  private abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private readonly log: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.log = log;
    this.onDidChange = this.changed.event;
    this.subscriptions.push(
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.refresh()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('portllm.library')) this.refresh();
      }),
    );
  }

  /** What was found last. */
  get items(): readonly LibraryItem[] {
    return this.found;
  }

  /** The items, scanning first if nobody has. */
  load(): Promise<readonly LibraryItem[]> {
    this.scanning ??= this.scan();
    return this.scanning;
  }

  /** Scans anew, now. */
  refresh(): void {
    this.abort.abort();
    this.abort = new AbortController();
    this.scanning = this.scan();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.abort.abort();
    vscode.Disposable.from(...this.subscriptions, ...this.watchers).dispose();
  }

  private async scan(): Promise<readonly LibraryItem[]> {
    const { signal } = this.abort;
    const begin = performance.now();
    const roots = scanRoots();
    const items = await scan(roots, signal);
    if (signal.aborted) return this.load();
    this.found = items;
    this.watch(roots);
    this.log.info(`library: ${items.length} folders found in ${Math.round(performance.now() - begin)} ms`);
    await publishContext(items);
    this.changed.fire();
    return items;
  }

  private watch(roots: readonly ScanRoot[]): void {
    vscode.Disposable.from(...this.watchers).dispose();
    const later = (): void => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.refresh(), SETTLE_MS);
    };
    this.watchers = roots.flatMap(({ folder }) => {
      const pattern = new vscode.RelativePattern(vscode.Uri.file(folder), WATCHED);
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      return [watcher, watcher.onDidCreate(later), watcher.onDidDelete(later), watcher.onDidChange(later)];
    });
  }
}

function scanRoots(): ScanRoot[] {
  const { folders, depth, huggingFaceCache: withCache } = readSettings();
  const workspace = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  return [
    ...workspace.map(({ uri }) => ({ folder: uri.fsPath, depth })),
    ...folders.map((folder) => ({ folder, depth })),
    ...(withCache ? [huggingFaceCache()] : []),
  ];
}

/** What menus' `when` clauses ask. */
async function publishContext(items: readonly LibraryItem[]): Promise<void> {
  const paths = (wanted: (item: LibraryItem) => boolean): string[] =>
    items.filter(wanted).map(({ path }) => vscode.Uri.file(path).fsPath);
  const set = (key: string, value: unknown): Thenable<unknown> =>
    vscode.commands.executeCommand('setContext', key, value);
  await set(CONTEXT.libraryState, items.length === 0 ? 'empty' : 'ready');
  await set(
    CONTEXT.portableFolders,
    paths(({ kind, problem }) => kind !== 'portedModel' && problem === undefined),
  );
  await set(
    CONTEXT.portedFolders,
    paths(({ kind }) => kind === 'portedModel'),
  );
}
