import type { Item } from '../types.ts';
import { plural } from '../../base/format.ts';
import { goldOf } from './score.ts';
import type { Task } from './task.ts';

const EXAMPLES = 3;

/**
 * What makes a score mean less than it seems to, a sentence each.
 *
 * @throws InputError for a gold answer that is none of the choices
 */
export function checkItems(task: Task, items: readonly Item[]): string[] {
  for (const item of items) goldOf(task, item);
  const checks: readonly (readonly [(item: Item) => boolean, string])[] = [
    [hasTwins, 'identical choices: only the first of them can win'],
    [hasPrefixes, 'a choice that another one begins with: summed log-likelihood favours the shorter'],
    [hasEmptyContext, 'an empty context: the model is asked about the answer alone'],
    [hasEmptyContinuation, 'an empty answer: it costs nothing and always wins'],
  ];
  return checks.flatMap(([applies, what]) => {
    const found = items.filter(applies);
    const numbers = found.slice(0, EXAMPLES).map(({ docId }) => docId);
    const more = found.length > EXAMPLES ? ', …' : '';
    const which = `${plural(found.length, 'document')} (${numbers.join(', ')}${more})`;
    return found.length === 0 ? [] : [`${task.name}: ${which} ${found.length === 1 ? 'has' : 'have'} ${what}.`];
  });
}

/** What is scored, whether the answers or the contexts differ. */
function texts({ requests }: Item): string[] {
  return requests.flatMap((request) =>
    request.kind === 'loglikelihood' ? [request.context + request.continuation] : [],
  );
}

function hasTwins(item: Item): boolean {
  const all = texts(item);
  return new Set(all).size < all.length;
}

/** In order, whatever begins with a text stands right after it. */
function hasPrefixes(item: Item): boolean {
  const all = [...new Set(texts(item))].sort();
  return all.some((text, i) => all[i + 1]?.startsWith(text) === true);
}

function hasEmptyContext({ requests }: Item): boolean {
  return requests.some((request) => request.kind !== 'loglikelihood_rolling' && request.context === '');
}

function hasEmptyContinuation({ requests }: Item): boolean {
  return requests.some((request) => request.kind === 'loglikelihood' && request.continuation === '');
}
