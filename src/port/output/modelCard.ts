import { formatCount } from '../../base/format.ts';
import { markdownCode, markdownText } from '../../base/markdown.ts';
import { patchName, type Provenance } from '../provenance.ts';

/** README.md of an output: front matter that the hub reads, and in words what this is. */
export function modelCard(provenance: Provenance): string {
  const { output, newBase, patch, combined, combination, scale, coverage } = provenance;
  const [name, base] = [patchName(provenance), newBase.name].map(markdownText);
  const adapter = output === 'adapter';
  const reference = newBase.revision === null ? newBase.path : newBase.name;
  const lines = [
    '---',
    `base_model: ${JSON.stringify(reference)}`,
    `base_model_relation: ${adapter ? 'adapter' : 'merge'}`,
    `library_name: ${adapter ? 'peft' : 'transformers'}`,
    'tags:',
    '- portllm',
    ...(adapter ? ['- lora'] : []),
    '---',
    '',
    `# ${name} on ${base}`,
    '',
    adapter
      ? `The patch **${name}**, re-based on **${base}** without training or data.`
      : `**${base}** with the patch **${name}** added, without training or data.`,
    '',
    `- Patch: ${markdownCode(patch.name)}, made for ${markdownCode(patch.baseName ?? 'an unnamed base')}, SHA-256 \`${patch.sha256}\``,
    ...combined.slice(1).map((other) => `- Combined with: ${markdownCode(other.name)}, SHA-256 \`${other.sha256}\``),
    ...(combination
      ? [`- Weights: ${combined.map(({ weight }) => weight).join(', ')}, by ${combination.combination}`]
      : []),
    `- New base: ${markdownCode(newBase.name)} (${markdownText(newBase.architecture)}, ${formatCount(newBase.parameters)} parameters, ${newBase.dtype})`,
    `- Method: PortLLM (Khan et al., ICLR 2025, arXiv 2410.10870): ${provenance.formula}; λ = ${scale}`,
    `- Touched: ${coverage.touchedTensors} of ${coverage.baseTensors} tensors; all others are the new base's, byte for byte`,
    '',
    'How well a ported patch works has to be measured: evaluate it beside the new base alone. `portllm.json` holds the',
    'full provenance; `portllm verify` checks this folder against it.',
    '',
  ];
  return lines.join('\n');
}
