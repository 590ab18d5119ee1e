import { targetFolder } from '../commandTarget.ts';
import type { EditorContext } from '../context.ts';
import { chooseResults } from '../pages/chooseResults.ts';
import { assertTrusted } from '../trust.ts';

/** Opens results files that were clicked in the explorer, together. */
export async function openEvaluation(
  { evaluations }: EditorContext,
  target: unknown,
  selected: unknown,
): Promise<void> {
  assertTrusted('Comparing');
  const clicked = Array.isArray(selected) && selected.length > 0 ? (selected as unknown[]) : [target];
  const files = clicked.map(targetFolder).filter((file) => file?.endsWith('.json') === true);
  if (files.length > 0) await evaluations.open(files as string[]);
}

/** Import Evaluation Results…: lm-eval's, or ours of elsewhere, into the list of evaluations. */
export async function importResults({ evaluations, runs }: EditorContext): Promise<void> {
  assertTrusted('Comparing');
  const files = await chooseResults('Results to import: results_*.json of lm-evaluation-harness, or ours', 'Import');
  if (files.length === 0) return;
  await runs.import(files);
  await evaluations.open(files);
}

/** Compare Evaluation Results…: ours and lm-eval's alike. */
export async function compareResults({ evaluations }: EditorContext): Promise<void> {
  assertTrusted('Comparing');
  const files = await chooseResults('Results to compare: results_*.json, ours or of lm-evaluation-harness');
  if (files.length > 0) await evaluations.open(files);
}
