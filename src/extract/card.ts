import { formatCount } from '../base/format.ts';
import type { Extraction, ExtractForm } from './types.ts';

/** README.md of an extracted patch. */
export function extractionCard({ tuned, oldBase, form, tensors, unchanged, warnings }: Extraction): string {
  const base = oldBase.revision === null ? oldBase.path : oldBase.name;
  return [
    '---',
    `base_model: ${JSON.stringify(base)}`,
    ...(form.kind === 'full' ? [] : ['base_model_relation: adapter', 'library_name: peft']),
    'tags:',
    '- portllm',
    '---',
    '',
    `# ${tuned.name} as a patch of ${oldBase.name}`,
    '',
    `${describeForm(form)}, extracted from the weights: ${tensors.length} tensors changed, ${unchanged} did not.`,
    '',
    `- Fine-tuned model: \`${tuned.name}\` (${tuned.architecture}, ${formatCount(tuned.parameters)} parameters, ${tuned.dtype})`,
    `- Old base: \`${oldBase.name}\``,
    ...warnings.map((warning) => `- ${warning}`),
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
