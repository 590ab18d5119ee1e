import * as vscode from 'vscode';
import type { ItemKind, LibraryItem } from '../library/item.ts';
import type { LibraryModel } from './libraryModel.ts';
import { describeItem, itemIcon, itemTooltip } from './itemText.ts';

/** A row: a group, a model or patch, or a line that names a parent. */
export type LibraryNode =
  | { readonly type: 'group'; readonly kind: ItemKind; readonly title: string }
  | { readonly type: 'item'; readonly item: LibraryItem; readonly under: string }
  | { readonly type: 'parent'; readonly role: string; readonly name: string; readonly path: string };

const GROUPS: readonly LibraryNode[] = [
  { type: 'group', kind: 'baseModel', title: 'Base Models' },
  { type: 'group', kind: 'patch', title: 'Patches' },
  { type: 'group', kind: 'portedModel', title: 'Ported Models' },
];

/** Base models with the patches that name them, patches with their base, ported models with both parents. */
export class LibraryTree implements vscode.TreeDataProvider<LibraryNode> {
  readonly onDidChangeTreeData: vscode.Event<void>;
  private readonly model: LibraryModel;

  constructor(model: LibraryModel) {
    this.model = model;
    this.onDidChangeTreeData = model.onDidChange;
  }

  async getChildren(node?: LibraryNode): Promise<LibraryNode[]> {
    const items = await this.model.load();
    if (node === undefined) return items.length === 0 ? [] : GROUPS.filter((group) => this.inGroup(group).length > 0);
    if (node.type === 'group') return this.inGroup(node);
    return node.type === 'item' ? this.lineage(node.item, node.under) : [];
  }

  getTreeItem(node: LibraryNode): vscode.TreeItem {
    switch (node.type) {
      case 'group':
        return groupRow(node.title, this.inGroup(node).length);
      case 'item':
        return itemRow(node.item, node.under, this.lineage(node.item, node.under).length > 0);
      case 'parent':
        return parentRow(node.role, node.name, node.path);
    }
  }

  resolveTreeItem(row: vscode.TreeItem, node: LibraryNode): vscode.TreeItem {
    if (node.type === 'item') row.tooltip = itemTooltip(node.item);
    return row;
  }

  private inGroup(group: LibraryNode): LibraryNode[] {
    if (group.type !== 'group') return [];
    return this.model.items
      .filter(({ kind }) => kind === group.kind)
      .map((item) => ({ type: 'item', item, under: group.kind }));
  }

  private lineage(item: LibraryItem, under: string): LibraryNode[] {
    if (item.kind === 'baseModel')
      return this.model.lineage.patchesOf(item).map((patch) => ({ type: 'item', item: patch, under: item.path }));
    if (item.kind === 'patch') return under === 'patch' ? this.parentsOf(item) : [];
    return [
      { type: 'parent', role: 'patch', ...item.patch },
      ...item.chain.map((base): LibraryNode => ({ type: 'parent', role: 'ported before onto', ...base })),
      { type: 'parent', role: 'new base', ...item.newBase },
    ];
  }

  private parentsOf(patch: LibraryItem & { kind: 'patch' }): LibraryNode[] {
    return this.model.lineage
      .basesOf(patch)
      .map(({ name, path }) => ({ type: 'parent', role: 'made for', name, path }));
  }
}

function groupRow(title: string, count: number): vscode.TreeItem {
  const row = new vscode.TreeItem(title, vscode.TreeItemCollapsibleState.Expanded);
  row.id = title;
  row.description = String(count);
  row.contextValue = 'group';
  return row;
}

function itemRow(item: LibraryItem, under: string, expandable: boolean): vscode.TreeItem {
  const { Collapsed, None } = vscode.TreeItemCollapsibleState;
  const row = new vscode.TreeItem(item.name, expandable ? Collapsed : None);
  row.id = `${under}|${item.path}`;
  row.description = describeItem(item);
  row.iconPath = itemIcon(item);
  row.contextValue = item.problem === undefined ? contextOf(item) : `${item.kind}.broken`;
  row.accessibilityInformation = { label: `${KIND_NAMES[item.kind]} ${item.name}, ${describeItem(item)}` };
  return row;
}

/** What menus' `when` clauses ask. */
function contextOf(item: LibraryItem): string {
  return item.kind === 'portedModel' ? `portedModel.${item.output}` : item.kind;
}

const KIND_NAMES: Record<ItemKind, string> = {
  baseModel: 'Base model',
  patch: 'Patch',
  portedModel: 'Ported model',
};

function parentRow(role: string, name: string, path: string): vscode.TreeItem {
  const row = new vscode.TreeItem(name);
  row.description = role;
  row.tooltip = path;
  row.iconPath = new vscode.ThemeIcon('arrow-small-right');
  row.contextValue = 'parent';
  row.accessibilityInformation = { label: `${role}: ${name}` };
  return row;
}
