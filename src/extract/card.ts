import { formatCount } from '../base/format.ts';
import { markdownCode, markdownText } from '../base/markdown.ts';
import type { Extraction, ExtractForm } from './types.ts';

/** README.md of an extracted patch. */
export function extractionCard({
  tuned,
  oldBase,
  form,
  tensors,
  unchanged,
  warnings,
}: Omit<Extraction, 'files'>): string {
  const base = oldBase.revision === null ? oldBase.path : oldBase.name;
  return [
    '---',
    `base_model: ${JSON.stringify(base)}`,
    ...(form.kind === 'full' ? [] : ['base_model_relation: adapter', 'library_name: peft']),
    'tags:',
    '- portllm',
    '---',
    '',
    `# ${markdownText(tuned.name)} as a patch of ${markdownText(oldBase.name)}`,
    '',
    `${describeForm(form)}, extracted from the weights: ${tensors.length} tensors changed, ${unchanged} did not.`,
    '',
    `- Fine-tuned model: ${markdownCode(tuned.name)} (${markdownText(tuned.architecture)}, ${formatCount(tuned.parameters)} parameters, ${tuned.dtype})`,
    `- Old base: ${markdownCode(oldBase.name)}`,
    ...warnings.map((warning) => `- ${markdownText(warning)}`),
    '',
    'Norms, ranks and what each pair keeps stand in `portllm-extraction.json`.',
    '',
  ].join('\n');
}

function describeForm(form: ExtractForm): string {
  switch (form.kind) {
    case 'full':
      return 'The full delta';
    case 'rank':
      return `A LoRA of rank ${form.rank}`;
    case 'energy':
      return `A LoRA of the ranks that keep ${Math.round(100 * form.share)} % of each change (at most ${form.maxRank})`;
  }
}
