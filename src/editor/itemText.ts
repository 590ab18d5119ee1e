import * as vscode from 'vscode';
import { formatBytes, formatCount } from '../base/format.ts';
import type { LibraryItem, PatchItem } from '../library/item.ts';

/** dtype · parameters · size, as far as it applies. */
export function describeItem(item: LibraryItem): string {
  if (item.problem !== undefined) return 'cannot be used';
  switch (item.kind) {
    case 'baseModel':
      return `${item.dtype} · ${formatCount(item.parameters)} · ${formatBytes(item.bytes)}`;
    case 'patch':
      return [rankText(item), item.dtype, formatBytes(item.bytes)].join(' · ');
    case 'portedModel':
      return item.output === 'adapter'
        ? `adapter · ${formatBytes(item.bytes)}`
        : `${item.dtype} · ${formatCount(item.parameters)} · ${formatBytes(item.bytes)}`;
  }
}

function rankText({ peftType, ranks }: PatchItem): string {
  return ranks.length > 0 ? `${peftType} r ${ranks.join(', ')}` : peftType;
}

const ICONS = { baseModel: 'database', patch: 'diff', portedModel: 'git-merge' } as const;

export function itemIcon(item: LibraryItem): vscode.ThemeIcon {
  if (item.problem !== undefined)
    return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  return new vscode.ThemeIcon(ICONS[item.kind]);
}

/** Names come from files of strangers: they enter the Markdown as text only. */
export function itemTooltip(item: LibraryItem): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown('**').appendText(item.name).appendMarkdown('**\n\n');
  for (const [label, value] of facts(item)) text.appendMarkdown(`${label}: `).appendText(value).appendMarkdown('  \n');
  text.appendMarkdown('\n\n').appendText(item.path);
  if (item.problem !== undefined) text.appendMarkdown('\n\n$(warning) ').appendText(item.problem);
  text.supportThemeIcons = true;
  return text;
}

function facts(item: LibraryItem): [label: string, value: string][] {
  if (item.problem !== undefined) return [];
  switch (item.kind) {
    case 'baseModel':
      return [
        ['Architecture', item.architecture],
        ['Parameters', `${formatCount(item.parameters)} (${item.dtype})`],
        ['Size', `${formatBytes(item.bytes)} in ${item.shards} file(s)`],
        ...(item.revision === null ? [] : ([['Revision', item.revision]] as [string, string][])),
      ];
    case 'patch':
      return [
        ['Made for', item.baseName ?? 'not stated'],
        ['Modules', item.ranks.length > 0 ? `${item.modules}, rank ${item.ranks.join(', ')}` : String(item.modules)],
        ...(item.needsOldBase ? ([['Old base', 'needed for a port']] as [string, string][]) : []),
        ['Size', formatBytes(item.bytes)],
      ];
    case 'portedModel':
      return [
        ['Patch', item.patch.name],
        ['New base', item.newBase.name],
        ['Output', item.output],
      ];
  }
}
