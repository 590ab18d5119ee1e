import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type * as z from 'zod';
import { MATRIX_SPEC } from '../../evaluation/matrix/spec.ts';
import { listBuiltIn } from '../../evaluation/tasks/builtIn.ts';
import type { LibraryItem } from '../../library/item.ts';
import { isCheckpoint, isPatch } from '../../library/lineage.ts';
import type { LibraryModel } from '../libraryModel.ts';
import { pathFrom, sectionAt, yamlWord } from './specText.ts';

/** It completes keys too, by the schema that package.json names. */
const YAML_EXTENSION = 'redhat.vscode-yaml';
export const MATRIX_FILES: vscode.DocumentSelector = { pattern: '**/*.portllm-matrix.{yaml,yml}' };

/** In a matrix's file: its keys, the library's models and patches, and the built-in tasks. */
export class MatrixCompletion implements vscode.CompletionItemProvider {
  private readonly library: LibraryModel;

  constructor(library: LibraryModel) {
    this.library = library;
  }

  async provideCompletionItems(document: vscode.TextDocument, at: vscode.Position): Promise<vscode.CompletionItem[]> {
    const lines = document.getText().split(/\r?\n/);
    const line = (lines[at.line] ?? '').slice(0, at.character);
    if (/^\w*$/.test(line)) return vscode.extensions.getExtension(YAML_EXTENSION) ? [] : keys(lines);
    const folder = dirname(document.uri.fsPath);
    switch (sectionAt(lines, at.line)) {
      case 'patches':
        return /^\s+\S*$/.test(line) ? this.folders(isPatch, folder) : [];
      case 'bases':
        return /^\s+\S*$/.test(line) ? this.folders(isCheckpoint, folder) : [];
      case 'tasks':
        return /^\s*-\s*\w*$/.test(line) ? tasks() : [];
      default:
        return [];
    }
  }

  private async folders(isOne: (item: LibraryItem) => boolean, from: string): Promise<vscode.CompletionItem[]> {
    const items = await this.library.load();
    return items
      .filter((item) => item.problem === undefined && isOne(item))
      .map(({ name, path }) => {
        const made = new vscode.CompletionItem(name, vscode.CompletionItemKind.Folder);
        made.detail = path;
        made.insertText = `${yamlWord(name)}: ${yamlWord(pathFrom(from, path))}`;
        return made;
      });
  }
}

function keys(lines: readonly string[]): vscode.CompletionItem[] {
  const there = new Set(lines.map((line) => /^(\w+):/.exec(line)?.[1]));
  return Object.entries(MATRIX_SPEC.shape as Readonly<Record<string, z.ZodType>>)
    .filter(([key]) => !there.has(key))
    .map(([key, schema]) => {
      const made = new vscode.CompletionItem(key, vscode.CompletionItemKind.Property);
      made.documentation = schema.description ?? '';
      made.insertText = `${key}: `;
      return made;
    });
}

function tasks(): vscode.CompletionItem[] {
  return listBuiltIn().map(({ name, outputType }) => {
    const made = new vscode.CompletionItem(name, vscode.CompletionItemKind.Value);
    made.detail = outputType.replaceAll('_', ' ');
    return made;
  });
}
