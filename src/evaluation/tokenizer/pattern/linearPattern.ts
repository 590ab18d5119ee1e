import { parsePattern } from './parsePattern.ts';
import { makeProgram, STEPS, type Kind, type Program } from './program.ts';

const MOST_KEPT = 10_000;
const NO_SETS = new Uint8Array(0);

/** Told how many steps times places a text will take, before it does. */
export type Spend = (work: number) => void;

/**
 * A JavaScript RegExp with the flags g and u that takes time linear in the text, whatever strangers wrote in it: for each place,
 * from the last to the first, it is worked out which steps lead to an end; then every choice on the way there is known, and is
 * the one that backtracking would come to (no back-reference, and nothing that may be empty is repeated).
 *
 * It stands where @huggingface/tokenizers has its RegExp, for match, matchAll, replaceAll and split.
 */
export class LinearPattern {
  readonly flags = 'gu';
  private readonly program: Program;
  private readonly spend: Spend;
  /** For each code point that was seen, which sets have it. */
  private readonly known = new Map<number, Uint8Array>();

  /** @throws PatternError for what is not known here */
  constructor(source: string, spend: Spend) {
    this.program = makeProgram(parsePattern(source));
    this.spend = spend;
  }

  [Symbol.match](text: string): string[] | null {
    const found = Array.from(this.find(text), ([start, end]) => text.slice(start, end));
    return found.length > 0 ? found : null;
  }

  *[Symbol.matchAll](text: string): Generator<{ readonly 0: string; readonly index: number }> {
    for (const [index, end] of this.find(text)) yield { 0: text.slice(index, end), index };
  }

  [Symbol.replace](text: string, replacement: () => string): string {
    let [result, at] = ['', 0];
    for (const [start, end] of this.find(text)) {
      result += text.slice(at, start) + replacement();
      at = end;
    }
    return result + text.slice(at);
  }

  /** An empty match divides only within the text. */
  [Symbol.split](text: string): string[] {
    const parts: string[] = [];
    let at = 0;
    for (const [start, end] of this.find(text)) {
      if (text === '') return [];
      if (end === at || start === text.length) continue;
      parts.push(text.slice(at, start));
      at = end;
    }
    return [...parts, text.slice(at)];
  }

  private *find(text: string): Generator<readonly [start: number, end: number]> {
    const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    const { start, kinds } = this.program;
    this.spend(kinds.length * (points.length + 1));
    const leads = this.leads(points);
    let unit = 0;
    for (let begin = 0; begin <= points.length;) {
      const end = leads[begin * kinds.length + start] === 1 ? this.walk(leads, begin) : undefined;
      let after = unit;
      for (let i = begin; i < (end ?? begin); i++) after += unitsOf(points[i]);
      if (end !== undefined) yield [unit, after];
      const isStuck = end === undefined || end === begin;
      unit = isStuck ? after + unitsOf(points[begin]) : after;
      begin = isStuck ? begin + 1 : end;
    }
  }

  /** For each place and step, 1 if it leads to an end. */
  private leads(points: readonly number[]): Uint8Array {
    const { order, kinds, firsts, seconds } = this.program;
    const width = kinds.length;
    const leads = new Uint8Array(width * (points.length + 1));
    let here: Uint8Array = NO_SETS;
    for (let place = points.length, row = place * width; place >= 0; place--, row -= width) {
      const before = place > 0 ? this.setsWith(points[place - 1] ?? 0) : NO_SETS;
      for (const step of order) {
        const kind = kinds[step] ?? STEPS.end;
        const first = firsts[step] ?? 0;
        const follows = leads[row + (kind === STEPS.set ? width : 0) + (seconds[step] ?? 0)] ?? 0;
        const others =
          kind === STEPS.set ? here : kind === STEPS.behind || kind === STEPS.notBehind ? before : undefined;
        leads[row + step] = leadOf(kind, (others === undefined ? leads[row + first] : others[first]) ?? 0, follows);
      }
      here = before;
    }
    return leads;
  }

  /** To where the first way leads. */
  private walk(leads: Uint8Array, begin: number): number {
    const { start, kinds, firsts, seconds } = this.program;
    let place = begin;
    for (let step = start; ;) {
      const kind = kinds[step];
      const first = firsts[step] ?? 0;
      if (kind === STEPS.end) return place;
      if (kind === STEPS.set) place++;
      const isFirst = kind === STEPS.choice && leads[place * kinds.length + first] === 1;
      step = isFirst ? first : (seconds[step] ?? 0);
    }
  }

  private setsWith(point: number): Uint8Array {
    let found = this.known.get(point);
    if (found === undefined) {
      const character = String.fromCodePoint(point);
      found = Uint8Array.from(this.program.sets, (set) => (set.test(character) ? 1 : 0));
      if (this.known.size >= MOST_KEPT) this.known.clear();
      this.known.set(point, found);
    }
    return found;
  }
}

/** @param first whether that is so, or leads on, and whether what follows does */
function leadOf(kind: Kind, first: number, follows: number): number {
  switch (kind) {
    case STEPS.end:
      return 1;
    case STEPS.choice:
      return first | follows;
    case STEPS.set:
    case STEPS.ahead:
    case STEPS.behind:
      return first & follows;
    case STEPS.notAhead:
    case STEPS.notBehind:
      return (1 - first) & follows;
  }
}

function unitsOf(point: number | undefined): number {
  return point !== undefined && point > 0xffff ? 2 : 1;
}
