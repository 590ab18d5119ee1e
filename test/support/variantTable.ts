import { join } from 'node:path';
import { GOLDEN } from './paths.ts';
import { readVariants, type VariantCase } from './variants.ts';

/** A row of README's table: a kind of patch, and the case by which it is tried. */
export interface VariantRow {
  readonly title: string;
  readonly variant: VariantCase;
}

/** What README promises, in its order; each row is ported by the command line and by clicks. */
const ROWS: readonly (readonly [title: string, variant: string])[] = [
  ['LoRA on linears', 'layers-to-transform'],
  ['rsLoRA, rank and alpha patterns', 'golden:patterns-rslora'],
  ['LoRA on GPT-2’s Conv1D', 'golden:gpt2-fan-in-fan-out'],
  ['LoRA on convolutions', 'conv2d'],
  ['LoRA on embedding and head, with saved copies', 'saved-embeddings'],
  ['LoRA on a tied head', 'tied-head, apart'],
  ['LoRA on the parameters of experts', 'target-parameters-both'],
  ['… written by PEFT before 0.19', 'target-parameters-peft-018'],
  ['LoRA on each expert by itself', 'experts-by-module'],
  ['`lora_bias`', 'lora-bias'],
  ['`bias` all or lora_only', 'bias-all'],
  ['`modules_to_save`', 'modules-to-save-head'],
  ['`trainable_token_indices`', 'trainable-tokens'],
  ['DoRA on linears', 'dora-linear'],
  ['DoRA on embeddings', 'dora-embedding'],
  ['DoRA on convolutions', 'dora-conv2d'],
  ['PiSSA, converted', 'pissa-converted'],
  ['OLoRA, converted', 'olora-converted'],
  ['MiCA', 'mica'],
  ['MonteCLoRA', 'montclora'],
  ['VeLoRA', 'velora'],
  ['BD-LoRA', 'bdlora'],
  ['AdaLoRA', 'adalora'],
  ['LoHa', 'loha-linear'],
  ['LoKr', 'lokr-linear'],
  ['(IA)³', 'ia3'],
  ['VeRA, with saved projections', 'vera'],
  ['OFT', 'oft'],
  ['BOFT', 'boft'],
  ['LN tuning', 'ln-tuning'],
  ['Trainable tokens', 'trainable-tokens-type'],
];

export function variantRows(): VariantRow[] {
  const variants = new Map(readVariants().map((variant) => [variant.name, variant]));
  return ROWS.map(([title, name]) => {
    const variant = variants.get(name) ?? goldenCase(name);
    if (variant.refused) throw new Error(`${name} is refused, and README promises it`);
    return { title, variant };
  });
}

/** A case of test/golden/cases: a pure delta, which has only a new base. */
function goldenCase(name: string): VariantCase {
  const folder = join(GOLDEN, name.replace(/^golden:/, ''));
  const [like] = readVariants();
  if (like === undefined) throw new Error('there are no variants');
  return {
    ...like,
    name: name.replace(/^golden:/, ''),
    folder,
    patch: join(folder, 'patch'),
    from: join(folder, 'new'),
    onto: join(folder, 'new'),
    needsOldBase: false,
    refused: false,
    adapter: true,
    tied: undefined,
  };
}

/** The table in Markdown, with what is refused below it. */
export function variantTable(): string {
  const rows = variantRows().map(
    ({ title, variant }) =>
      `| ${title} | ${variant.adapter ? 'yes' : 'no ¹'} | yes | ${variant.needsOldBase ? 'yes' : 'no'} |`,
  );
  return [
    '| patch | adapter output | checkpoint output | needs the old base |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
