import { stat } from 'node:fs/promises';
import { sep } from 'node:path';
import * as vscode from 'vscode';
import type { LibraryItem } from '../library/item.ts';
import { isCheckpoint, traceLineage, type Lineage } from '../library/lineage.ts';
import { huggingFaceCache, scan, scanRoot, type ScanRoot } from '../library/scan.ts';
import { CONTEXT } from './ids.ts';
import { readSettings } from './settings.ts';

const MODEL_FILES =
  /(^|[/\\])(config\.json|adapter_config\.json|portllm\.json|[^/\\]*\.safetensors(\.index\.json)?|(adapter|pytorch)_model[^/\\]*\.bin)$/;
/** Ports under way, .git and the like. */
const HIDDEN = /[/\\]\.(?!cache[/\\])/;
/** Downloads and ports touch many files at once. */
const SETTLE_MS = 400;

/** What the disk holds: scanned when somebody looks, again when something changes. */
export class LibraryModel implements vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[] = [this.changed];
  private readonly watchers = new Map<string, vscode.Disposable>();
  private families: Lineage = traceLineage([]);
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

  /** Who belongs to whom among them. */
  get lineage(): Lineage {
    return this.families;
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
    this.scanning.catch((error: unknown) => this.log.error(error instanceof Error ? error : String(error)));
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.abort.abort();
    vscode.Disposable.from(...this.subscriptions, ...this.watchers.values()).dispose();
  }

  private async scan(): Promise<readonly LibraryItem[]> {
    const { signal } = this.abort;
    const begin = performance.now();
    const roots = scanRoots();
    // Before the scan, so that nothing that happens during it is missed.
    this.watch(roots);
    const items = await scan(roots, signal);
    if (signal.aborted) return this.found;
    this.found = items;
    this.families = traceLineage(items);
    this.log.info(`library: ${items.length} folders found in ${Math.round(performance.now() - begin)} ms`);
    await publishContext(items);
    this.changed.fire();
    return items;
  }

  /** One watcher a root, kept while the root stays. */
  private watch(roots: readonly ScanRoot[]): void {
    const wanted = new Set(roots.map(({ folder }) => folder));
    for (const [folder, watcher] of this.watchers)
      if (!wanted.has(folder)) {
        watcher.dispose();
        this.watchers.delete(folder);
      }
    for (const folder of wanted) if (!this.watchers.has(folder)) this.watchers.set(folder, this.watchRoot(folder));
  }

  private watchRoot(folder: string): vscode.Disposable {
    const pattern = new vscode.RelativePattern(vscode.Uri.file(folder), '**');
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    return vscode.Disposable.from(
      watcher,
      watcher.onDidChange((uri) => this.noteFile(uri)),
      watcher.onDidCreate((uri) => void this.noteCreated(uri)),
      watcher.onDidDelete((uri) => this.noteDeleted(uri)),
    );
  }

  private noteFile({ fsPath }: vscode.Uri): void {
    if (MODEL_FILES.test(fsPath) && !HIDDEN.test(fsPath)) this.refreshSoon();
  }

  /** A folder that is moved into place (as every port is) is one event, without its files. */
  private async noteCreated(uri: vscode.Uri): Promise<void> {
    if (HIDDEN.test(uri.fsPath)) return;
    const stats = await stat(uri.fsPath).catch(() => undefined);
    if (stats?.isDirectory() === true) this.refreshSoon();
    else this.noteFile(uri);
  }

  /** Likewise for a folder that goes: only its own name is told. */
  private noteDeleted(uri: vscode.Uri): void {
    const gone = uri.fsPath;
    if (this.found.some(({ path }) => path === gone || path.startsWith(gone + sep))) this.refreshSoon();
    else this.noteFile(uri);
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), SETTLE_MS);
  }
}

function scanRoots(): ScanRoot[] {
  const { folders, depth, huggingFaceCache: withCache } = readSettings();
  const workspace = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  return [
    ...workspace.map(({ uri }) => scanRoot(uri.fsPath, depth)),
    ...folders.map((folder) => scanRoot(folder, depth)),
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
    paths(({ problem }) => problem === undefined),
  );
  await set(
    CONTEXT.checkpointFolders,
    paths((item) => isCheckpoint(item) && item.problem === undefined),
  );
  await set(
    CONTEXT.portedFolders,
    paths(({ kind }) => kind === 'portedModel'),
  );
}
