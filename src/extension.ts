import * as vscode from 'vscode';
import {
  COMMANDS,
  EVALUATIONS_VIEW,
  EVALUATION_PAGE,
  JOBS_VIEW,
  LIBRARY_VIEW,
  MATRIX_PAGE,
  REPORT_PAGE,
  SAFETENSORS_EDITOR,
} from './editor/ids.ts';
import { late } from './editor/late.ts';
import type { Parts } from './editor/parts.ts';

/** A window that opens has enough to do. */
const REST_MS = 1000;

let parts: Promise<Parts> | undefined;

/**
 * Registers names, and where they lead to. The parts themselves, and all the code that they need, are read when something is
 * asked for, or when the window has come to rest.
 */
export function activate(context: vscode.ExtensionContext): void {
  const { subscriptions } = context;
  const log = vscode.window.createOutputChannel('PortLLM', { log: true });
  const changed = { library: new vscode.EventEmitter<void>(), jobs: new vscode.EventEmitter<void>() };
  const built = (): Promise<Parts> => (parts ??= build(context, log, changed));
  const jobsTree = late(built, 'jobsTree', ['getChildren', 'getTreeItem']);
  const tree = late(built, 'tree', ['getChildren', 'getTreeItem', 'resolveTreeItem']);
  const safetensors = late(built, 'safetensors', ['openCustomDocument', 'resolveCustomEditor']);
  subscriptions.push(
    log,
    ...Object.values(changed),
    vscode.window.createTreeView(LIBRARY_VIEW, {
      treeDataProvider: { ...tree, onDidChangeTreeData: changed.library.event },
      showCollapseAll: true,
      canSelectMany: true,
    }),
    vscode.window.createTreeView(JOBS_VIEW, {
      treeDataProvider: { ...jobsTree, onDidChangeTreeData: changed.jobs.event },
    }),
    vscode.window.registerWebviewViewProvider(EVALUATIONS_VIEW, late(built, 'runsView', ['resolveWebviewView'])),
    vscode.window.registerWebviewPanelSerializer(REPORT_PAGE, late(built, 'reports', ['deserializeWebviewPanel'])),
    vscode.window.registerWebviewPanelSerializer(
      EVALUATION_PAGE,
      late(built, 'evaluations', ['deserializeWebviewPanel']),
    ),
    vscode.window.registerWebviewPanelSerializer(MATRIX_PAGE, late(built, 'matrices', ['deserializeWebviewPanel'])),
    vscode.window.registerCustomEditorProvider(SAFETENSORS_EDITOR, safetensors),
    ...Object.entries(COMMANDS).map(([key, command]) =>
      vscode.commands.registerCommand(command, async (target: unknown, selected: unknown) => {
        const { handlers } = await built();
        await handlers[key as keyof typeof COMMANDS](target, selected);
      }),
    ),
  );
  const rest = setTimeout(() => {
    built().catch((error: unknown) => log.error(error instanceof Error ? error : String(error)));
  }, REST_MS);
  subscriptions.push({ dispose: () => clearTimeout(rest) });
}

async function build(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  changed: { readonly library: vscode.EventEmitter<void>; readonly jobs: vscode.EventEmitter<void> },
): Promise<Parts> {
  const { buildParts } = await import('./editor/parts.ts');
  const all = buildParts(context, log);
  context.subscriptions.push(
    all,
    all.tree.onDidChangeTreeData(() => changed.library.fire()),
    all.jobsTree.onDidChangeTreeData(() => changed.jobs.fire()),
  );
  return all;
}

export async function deactivate(): Promise<void> {
  await (await parts)?.worker.stop();
}
