import { plainInteger } from './plainValues.ts';

/** What pandas reads as a missing value (pandas/_libs/parsers.pyx, STR_NA_VALUES). */
export const WORDS_FOR_NOTHING: ReadonlySet<string> = new Set([
  ...['', '#N/A', '#N/A N/A', '#NA', '-1.#IND', '-1.#QNAN', '-NaN', '-nan', '1.#IND', '1.#QNAN', '<NA>', 'N/A', 'NA'],
  ...['NULL', 'NaN', 'None', 'n/a', 'nan', 'null'],
]);

const INTEGER = /^\s*[+-]?\d{1,40}\s*$/;
const REAL = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
const BOOLEAN = /^(?:true|false)$/i;

/**
 * The texts of a column as pandas types them: integers if all are, else numbers, else booleans, else texts
 * (pandas/_libs/parsers.pyx, TextReader._convert_tokens).
 * @param nothing texts that stand for null; a null makes integers real, which is the same in JavaScript
 */
export function typedColumn(texts: readonly string[], nothing: ReadonlySet<string>): unknown[] {
  const present = texts.filter((text) => !nothing.has(text));
  const convert = conversion(present, present.length < texts.length);
  return texts.map((text) => (nothing.has(text) ? null : convert(text)));
}

function conversion(present: readonly string[], gaps: boolean): (text: string) => unknown {
  const all = (...patterns: RegExp[]): boolean =>
    present.every((text) => patterns.some((pattern) => pattern.test(text)));
  if (all(INTEGER)) {
    if (gaps) return (text) => real(text);
    return fit(present.map(BigInt)) ? (text) => plainInteger(BigInt(text)) : (text) => text;
  }
  if (all(REAL, INFINITE)) return real;
  return all(BOOLEAN) ? (text) => text.toLowerCase() === 'true' : (text) => text;
}

/** Whether int64 or uint64 can hold them all. */
function fit(integers: readonly bigint[]): boolean {
  const within = (low: bigint, high: bigint): boolean => integers.every((value) => value >= low && value <= high);
  return within(-(2n ** 63n), 2n ** 63n - 1n) || within(0n, 2n ** 64n - 1n);
}

function real(text: string): number {
  if (INFINITE.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}

/** pandas' names: an empty one becomes "Unnamed: 1" by its place, a repeated one "name.1". */
export function columnNames(header: readonly string[]): string[] {
  const taken = new Set(header);
  const used = new Set<string>();
  /** By name: lower numbers are known to be taken. */
  const next = new Map<string, number>();
  return header.map((given, place) => {
    const base = given === '' ? `Unnamed: ${place}` : given;
    let name = base;
    let i = next.get(base) ?? 1;
    for (; used.has(name) || (name !== base && taken.has(name)); i++) name = `${base}.${i}`;
    next.set(base, i);
    used.add(name);
    return name;
  });
}
