import * as z from 'zod';
import type { OutputType } from '../../types.ts';
import type { FilterPipeline, FilterStep } from '../task.ts';
import { Patterns } from './patterns.ts';
import { fail, read, type Path, type Source } from './source.ts';

/** What a task without a `filter_list` has (api/task.py). */
export const NO_FILTER: FilterPipeline = { name: 'none', steps: [] };

const MAX_PIPELINES = 20;
const MAX_STEPS = 20;
const filters = z
  .array(z.looseObject({ function: z.string() }))
  .min(1)
  .max(MAX_STEPS);
const pipelines = z.array(z.strictObject({ name: z.string().min(1), filter: filters })).max(MAX_PIPELINES);
const regex = z.strictObject({
  function: z.string(),
  regex_pattern: z.string().default('#### (\\-?[0-9\\.\\,]+)'),
  group_select: z.int().default(0),
  fallback: z.string().default('[invalid]'),
});
const map = z.strictObject({
  function: z.string(),
  mapping_dict: z.record(z.string(), z.string()),
  default_value: z.string().nullable().default(null),
});
const firstK = z.strictObject({ function: z.string(), k: z.literal(1, 'only one answer is asked for') });
const bare = z.strictObject({ function: z.string() });
/** With one answer to a request they pass it on. */
const PICKS = ['take_first', 'majority_vote', 'take_first_k'];

/** @throws InputError for a filter that is not supported, and for lists that do not end with take_first */
export function readFilters(source: Source, value: unknown, outputType: OutputType): readonly FilterPipeline[] {
  if (value == null) return [NO_FILTER];
  const read_ = read(source, ['filter_list'], value, pipelines);
  const names = read_.map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice >= 0) fail(source, ['filter_list', twice, 'name'], `"${names[twice] ?? ''}" is given twice`);
  const patterns = new Patterns(source);
  return read_.map(({ name, filter }, i) => {
    const path: Path = ['filter_list', i, 'filter'];
    if (filter.at(-1)?.function !== 'take_first') fail(source, path, 'must end with take_first');
    const steps = filter.slice(0, -1).flatMap((step, j) => readStep(source, [...path, j], step, patterns) ?? []);
    if (steps.length > 0 && outputType !== 'generate_until')
      fail(source, path, `changes texts, and the answers of ${outputType} are numbers`);
    const early = filter.slice(0, -1).findIndex((step) => step.function === 'take_first');
    if (early >= 0) fail(source, [...path, early], 'take_first must be the last filter');
    return { name, steps };
  });
}

function readStep(source: Source, path: Path, step: { function: string }, patterns: Patterns): FilterStep | undefined {
  switch (step.function) {
    case 'regex': {
      const given = read(source, path, step, regex);
      patterns.check([...path, 'regex_pattern'], given.regex_pattern);
      return {
        kind: 'regex',
        pattern: given.regex_pattern,
        groupSelect: given.group_select,
        fallback: given.fallback,
      };
    }
    case 'remove_whitespace':
    case 'lowercase':
    case 'uppercase':
      read(source, path, step, bare);
      return { kind: step.function };
    case 'map': {
      const given = read(source, path, step, map);
      return { kind: 'map', mapping: given.mapping_dict, otherwise: given.default_value };
    }
    default:
      if (!PICKS.includes(step.function))
        fail(source, path, `is the filter "${step.function}", which is not supported`);
      read(source, path, step, step.function === 'take_first_k' ? firstK : bare);
      return undefined;
  }
}
