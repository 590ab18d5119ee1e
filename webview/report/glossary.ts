import type { ReportView } from '../../src/editor/report/viewTypes.ts';
import { element } from '../common/dom.ts';
import { facts } from '../common/parts.ts';

const WORDS = [
  ['Δ, the patch', 'What fine-tuning added to the old base: for a LoRA s · B·A.'],
  ['W, W′', 'A weight of the old base, and the same weight of the new base.'],
  ['S, the evolution', 'How the base moved: S = W′ − W.'],
  ['λ', 'The scale of the patch: 1 as it was trained.'],
  ['t', 'Where between the bases: 0 the old one, 1 the new one, both with the patch.'],
  ['‖ ‖', 'Size of a matrix: the root of the sum of its squared elements (Frobenius norm).'],
  ['cos', 'Whether two matrices point the same way: 1 the same, 0 unrelated, −1 opposite.'],
  [
    'by chance',
    'What two unrelated matrices of these shapes give. A figure near it says nothing; one far from it does.',
  ],
  ['port', 'W′ + Δ: the old patch added to the new base, without training.'],
] as const;

/** For whoever has not read the paper. */
export function words({ verdict }: ReportView): HTMLElement {
  const made = element('details', { class: 'glossary' }, element('summary', {}, 'What the signs mean'), facts(WORDS));
  made.open = false;
  made.hidden = verdict === null;
  return made;
}
