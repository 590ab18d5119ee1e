import * as vscode from 'vscode';
import { plainText } from '../base/plainText.ts';

export function showInformation(text: string, ...actions: string[]): Thenable<string | undefined> {
  return vscode.window.showInformationMessage(plainText(text), ...actions);
}

export function showWarning(text: string): Thenable<string | undefined> {
  return vscode.window.showWarningMessage(plainText(text));
}

export function showErrorMessage(text: string, ...actions: string[]): Thenable<string | undefined> {
  return vscode.window.showErrorMessage(plainText(text), ...actions);
}
