/**
 * Notifications turn `[text](command:…)` into a link that runs the command. Names of tensors, folders and settings are
 * strangers' words, so every text that is shown goes through here.
 */
export function plainText(text: string): string {
  return text.replaceAll('](', '] (');
}
