import { strip } from '../python/text.ts';
import type { PatternLimits } from '../regex/patternClock.ts';
import { pythonRegex } from '../regex/pythonRegex.ts';
import type { FilterPipeline, FilterStep } from '../task.ts';

/**
 * What a pipeline makes of the one answer to a request; null where a map has no value for it (lm_eval/filters/).
 *
 * @throws PatternError for an answer on which a pattern takes too long
 */
export function filterText({ steps }: FilterPipeline, answer: string, limits: PatternLimits): string | null {
  return steps.reduce<string | null>((text, step) => apply(step, text, limits), answer);
}

function apply(step: FilterStep, text: string | null, limits: PatternLimits): string | null {
  switch (step.kind) {
    case 'regex':
      return extract(step, text ?? '', limits);
    case 'map':
      return text !== null && Object.hasOwn(step.mapping, text) ? (step.mapping[text] ?? null) : step.otherwise;
    case 'remove_whitespace':
      return text === null ? null : strip(text);
    case 'lowercase':
      return text?.toLowerCase() ?? null;
    case 'uppercase':
      return text?.toUpperCase() ?? null;
  }
}

/**
 * RegexFilter (filters/extraction.py): of the match that is asked for the whole, or its first group that is not empty.
 * Where there are matches but not that one, lm-eval ends with an error and we take the fallback.
 */
function extract(step: Extract<FilterStep, { kind: 'regex' }>, text: string, limits: PatternLimits): string {
  const match = pythonRegex(step.pattern).findAll(text, limits).at(step.groupSelect);
  if (match === undefined) return step.fallback;
  return strip(typeof match === 'string' ? match : (match.find((group) => group !== '') ?? step.fallback));
}
