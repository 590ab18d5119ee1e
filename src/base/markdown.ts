/** Names are strangers' words: in what is written as Markdown they become neither markup nor HTML, cells or lines. */
export function markdownText(words: string): string {
  return oneLine(words)
    .replaceAll('&', '&amp;')
    .replaceAll(/[\\`*_{}[\]<>|#]/g, '\\$&');
}

/** Likewise, as code. */
export function markdownCode(words: string): string {
  return `\`${oneLine(words).replaceAll('`', ' ')}\``;
}

function oneLine(words: string): string {
  return words.replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ');
}
