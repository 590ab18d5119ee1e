import { PatternTable } from './patternTable.ts';

type Patterns = Readonly<Record<string, number | readonly boolean[]>>;

/**
 * The value of the first pattern that matches the module, in the file's order, or the default: PEFT's
 * `get_pattern_key`, `re.match(rf"(.*\.)?({key})$", module)` (peft/utils/other.py since 0.15).
 *
 * @param module without the `base_model.model.` prefix
 * @throws InputError for a pattern that cannot be read, or for so many that they would take too long
 */
export function patternValue(patterns: Patterns, module: string, otherwise: number): number {
  const { keys, table } = tableOf(patterns);
  const key = keys[table.first(module) ?? -1];
  const value = key === undefined ? undefined : patterns[key];
  return typeof value === 'number' ? value : otherwise;
}

/** Kept as long as the configuration is, because every module of a patch asks. */
const tables = new WeakMap<Patterns, { readonly keys: readonly string[]; readonly table: PatternTable }>();

function tableOf(patterns: Patterns): { readonly keys: readonly string[]; readonly table: PatternTable } {
  let found = tables.get(patterns);
  if (found === undefined) {
    const keys = Object.keys(patterns).filter((key) => typeof patterns[key] === 'number');
    found = { keys, table: new PatternTable(keys, 'at the end') };
    tables.set(patterns, found);
  }
  return found;
}

/**
 * The same as PEFT had it up to 0.13: one key for rank and alpha, the first of both dictionaries that matches, and only
 * after a dot (peft #2194, changed by a4f35971c).
 */
export function sharedPatternValue(
  ranks: Readonly<Record<string, unknown>>,
  alphas: Readonly<Record<string, number>>,
  otherwise: number,
): (module: string) => number {
  const keys = [...Object.keys(ranks), ...Object.keys(alphas)];
  const table = new PatternTable(keys, 'after a dot');
  return (module) => {
    const key = keys[table.first(module) ?? -1];
    return key !== undefined && Object.hasOwn(alphas, key) ? (alphas[key] ?? otherwise) : otherwise;
  };
}

/** Python's `re.fullmatch`, for many texts. */
export function fullMatcher(pattern: string): (text: string) => boolean {
  const table = new PatternTable([pattern], 'whole');
  return (text) => table.first(text) !== undefined;
}
