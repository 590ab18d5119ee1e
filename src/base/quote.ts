/** A stranger's words within a message: whole where they are short, else their beginning. */
export function brief(words: string, most = 200): string {
  return words.length <= most ? words : `${words.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
