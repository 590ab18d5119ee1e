/**
 * Our tokens beside the Python tokenizers' (encode_texts.py), text by text, and every difference.
 *
 *     node bench/evaluate/tokenizers.ts TOKENIZERS REFERENCE.json [--out FILE.md]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../../src/base/errors.ts';
import { openTokenizer, type Tokenizer } from '../../src/evaluation/tokenizer/tokenizer.ts';

interface Reference {
  readonly texts: readonly string[];
  readonly tokenizers: Record<
    string,
    | { readonly class: string; readonly ids: readonly (readonly number[])[]; readonly decoded: readonly string[] }
    | { readonly problem: string }
  >;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: 'string' } } });
const [folder = '', referencePath = ''] = positionals;
const { texts, tokenizers } = JSON.parse(readFileSync(referencePath, 'utf8')) as Reference;
const lines = [
  '| tokenizer | class in transformers | texts | tokens | other token ids | decoded otherwise | texts/s |',
  '|---|---|--:|--:|--:|--:|--:|',
];
const differences: string[] = [];

async function open(name: string): Promise<Tokenizer | UserError> {
  try {
    return await openTokenizer(join(folder, name));
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

for (const [name, theirs] of Object.entries(tokenizers)) {
  const ours = await open(name);
  if ('problem' in theirs || ours instanceof UserError) {
    const reason = ours instanceof UserError ? `refused: ${ours.message.replaceAll(join(folder, name), name)}` : '';
    lines.push(`| ${name} | ${'problem' in theirs ? 'not loaded' : theirs.class} | – | – | – | – | ${reason} |`);
    continue;
  }
  const begin = performance.now();
  const ids = texts.map((text) => ours.encode(text, { special: true }));
  const seconds = (performance.now() - begin) / 1000;
  const other = ids.flatMap((own, i) => (String(own) === String(theirs.ids[i]) ? [] : [i]));
  const decoded = theirs.ids.flatMap((own, i) =>
    ours.decode(own, { skipSpecial: true }) === theirs.decoded[i] ? [] : [i],
  );
  for (const i of [...other, ...decoded]) differences.push(`- ${name}: ${JSON.stringify(texts[i]?.slice(0, 120))}`);
  const tokens = theirs.ids.reduce((sum, own) => sum + own.length, 0);
  const counts = [texts.length, tokens, other.length, decoded.length, Math.round(texts.length / seconds)];
  lines.push(`| ${[name, theirs.class, ...counts].join(' | ')} |`);
}
const found = differences.length === 0 ? 'No text was cut or decoded otherwise.' : [...new Set(differences)].join('\n');
const text = `# Tokenizers beside the Python ones

\`bench/evaluate/encode_texts.py\` (transformers 5.23.0) and \`bench/evaluate/tokenizers.ts\`: lines of books and stories, and the hostile
texts of \`test/golden/tokenizer\`, with special tokens as the tokenizer adds them by itself.

${lines.join('\n')}

${found}
`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
