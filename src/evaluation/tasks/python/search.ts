/** What is shorter, JavaScript finds in time linear in the text. */
const SHORT = 32;

/** Where the text has what is sought, which is not empty, each after the end of the last. */
export function occurrences(text: string, sought: string): Generator<number, undefined> {
  return sought.length <= SHORT ? shortOnes(text, sought) : longOnes(text, sought, false);
}

export function firstOccurrence(text: string, sought: string): number {
  if (sought === '') return 0;
  return occurrences(text, sought).next().value ?? -1;
}

/** The last may overlap those before it. */
export function lastOccurrence(text: string, sought: string): number {
  if (sought.length <= SHORT) return text.lastIndexOf(sought);
  let last = -1;
  for (const at of longOnes(text, sought, true)) last = at;
  return last;
}

function* shortOnes(text: string, sought: string): Generator<number, undefined> {
  for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + sought.length)) yield at;
  return undefined;
}

/** Knuth, Morris and Pratt's: JavaScript's own search takes time in text × sought where both repeat themselves. */
function* longOnes(text: string, sought: string, overlapping: boolean): Generator<number, undefined> {
  const borders = bordersOf(sought);
  const whole = borders[sought.length - 1] ?? 0;
  let matched = 0;
  for (let i = 0; i < text.length; i++) {
    matched = extended(sought, borders, matched, text.charCodeAt(i));
    if (matched < sought.length) continue;
    yield i + 1 - sought.length;
    matched = overlapping ? whole : 0;
  }
  return undefined;
}

/** Of each beginning, how long its longest own beginning is that it ends with. */
function bordersOf(sought: string): Int32Array {
  const borders = new Int32Array(sought.length);
  let matched = 0;
  for (let i = 1; i < sought.length; i++) {
    matched = extended(sought, borders, matched, sought.charCodeAt(i));
    borders[i] = matched;
  }
  return borders;
}

function extended(sought: string, borders: Int32Array, matched: number, unit: number): number {
  let length = matched;
  while (length > 0 && sought.charCodeAt(length) !== unit) length = borders[length - 1] ?? 0;
  return sought.charCodeAt(length) === unit ? length + 1 : 0;
}
