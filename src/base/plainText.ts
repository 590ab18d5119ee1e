import { printableLines } from './printable.ts';

/**
 * VS Code turns `[text](command:…)` into a link that runs the command, in notifications and under input boxes, and `$(name)`
 * into a picture. Names of tensors, folders and settings are strangers' words, so every text that is shown goes through here.
 */
export function plainText(text: string): string {
  return printableLines(text).replaceAll('](', '] (').replaceAll('$(', '$ (');
}
