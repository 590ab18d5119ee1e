import { sha256Of } from '../../../base/hash.ts';
import { reprFloat } from '../../tasks/python/repr.ts';
import type { Document, Item } from '../../types.ts';
import { dumps } from './pythonJson.ts';

/** What lm-eval calls an item by, whatever was answered (lm_eval/evaluator.py). */
export interface ItemHashes {
  readonly docHash: string;
  readonly promptHash: string;
  readonly targetHash: string;
}

export function hashesOf(item: Item): ItemHashes {
  return {
    docHash: documentHash(item.document),
    promptHash: sha256Of(promptOf(item)),
    targetHash: sha256Of(targetText(item.target)),
  };
}

export function documentHash(document: Document): string {
  return sha256Of(dumps(document, 2));
}

/** Of the cumulative hash of a task, one for each line of its samples file (loggers/evaluation_tracker.py). */
export function joinedHashes({ docHash, promptHash, targetHash }: ItemHashes): string {
  return docHash + promptHash + targetHash;
}

/** The first argument of the item's first request. */
export function promptOf({ requests: [first] }: Item): string {
  if (first === undefined) return '';
  return first.kind === 'loglikelihood_rolling' ? first.text : first.context;
}

/** Python's `str` of what doc_to_target gave. */
export function targetText(target: Item['target']): string {
  if (typeof target === 'string') return target;
  if (typeof target === 'number') return Number.isInteger(target) ? String(target) : reprFloat(target);
  return `[${target.map(targetText).join(', ')}]`;
}
