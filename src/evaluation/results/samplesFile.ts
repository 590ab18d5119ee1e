import { sha256Of } from '../../base/hash.ts';
import type { DatedFile } from './lmEval/datedFiles.ts';
import { joinedHashes, type ItemHashes } from './lmEval/hashes.ts';
import { hashesOfRun, sampleLines } from './lmEval/sampleRows.ts';
import { sanitiseName } from './lmEval/sanitise.ts';
import type { TaskRun } from './types.ts';

/** `samples_<task>_<date>.jsonl`, with what the results file says of it. */
export interface SamplesFile {
  readonly file: DatedFile;
  /** lm-eval's `task_hashes`: the hashes of all lines, joined and hashed. */
  readonly hash: string;
}

export function samplesFile(run: TaskRun): SamplesFile {
  const hashes: readonly ItemHashes[] = hashesOfRun(run);
  const once = hashes.map(joinedHashes).join('');
  return {
    file: { stem: `samples_${sanitiseName(run.task.name)}`, ending: 'jsonl', text: sampleLines(run, hashes) },
    hash: sha256Of(once.repeat(run.task.filters.length)),
  };
}
