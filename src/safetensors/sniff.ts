const SIGNATURES: readonly (readonly [start: RegExp, what: string, hint: string])[] = [
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer', 'Fetch the real file with "git lfs pull".'],
  [/^\s*<(!doctype|html|\?xml)/i, 'an HTML page', 'Download the file itself, not the page that shows it.'],
  [
    /^PK/,
    'a zip archive (perhaps a PyTorch pickle)',
    'It may be damaged: fetch it again, or convert it to safetensors.',
  ],
  // eslint-disable-next-line no-control-regex -- a pickle's protocol byte
  [/^\x80[\x02-\x05]/, 'a Python pickle', 'It may be damaged: fetch it again, or convert it to safetensors.'],
  [/^GGUF/, 'a GGUF file', 'Choose the Hugging Face checkpoint it was made from.'],
  [/^\s*\{/, 'a JSON file', 'Look for the real weights; this may be an index.'],
  [/^(\.\.\/|\/)[^\n\0]{3,200}$/, 'a symbolic link stored as text', 'Check out or copy the file it names.'],
];

/** Says what a file that is not safetensors looks like, from its first bytes, with what to do about it. */
export function sniff(start: Uint8Array): { what: string; hint: string } | undefined {
  const text = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, 256)).toString('latin1');
  const found = SIGNATURES.find(([pattern]) => pattern.test(text));
  return found && { what: found[1], hint: found[2] };
}
