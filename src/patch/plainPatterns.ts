/** At the end of a module's name: it itself, or what follows a dot. */
export type Where = 'at the end' | 'after a dot' | 'whole';

const PLAIN = /^(\^?)((?:[\w-]|\\?\.)+)$/;
const ASTRAL = /[\u{10000}-\u{10ffff}]/gu;
/** Stands for any character in a name, as a dot that was not escaped does. */
const BLANK = ' ';

interface Blanked {
  readonly place: number;
  readonly text: string;
  readonly isWhole: boolean;
}

/**
 * Patterns that are no more than names, as almost all are, with the dots that nobody escapes. They are found by their text,
 * so that ten thousand are tried as fast as one.
 */
export class PlainPatterns {
  private readonly where: Where;
  private readonly whole = new Map<string, number>();
  private readonly ends = new Map<string, number>();
  private readonly lengths = new Set<number>();
  /** By length, then by how many dots they have, escaped or not. */
  private readonly blanked = new Map<number, Blanked[][]>();

  constructor(where: Where) {
    this.where = where;
  }

  /** @returns whether it is a plain one */
  add(pattern: string, place: number): boolean {
    const [, anchor, written] = PLAIN.exec(pattern) ?? [];
    if (written === undefined) return false;
    const isWhole = anchor === '^';
    const text = written.replace(/\\?\./g, (dot) => (dot === '.' ? BLANK : '.'));
    const name = text.replaceAll(BLANK, '.');
    const places = isWhole ? this.whole : this.ends;
    if (!places.has(name)) places.set(name, place);
    this.lengths.add(name.length);
    if (text !== name) this.addBlanked({ place, text, isWhole }, dotsIn(name));
    return true;
  }

  /**
   * The place of the first that is the module's name or the end of it; infinite if none is.
   *
   * @param count told how many had to be compared one by one
   */
  first(module: string, count: (tries: number) => void): number {
    if (module.includes('\n')) return Infinity;
    const name = module.replace(ASTRAL, '\uffff');
    let best = Infinity;
    let dots = dotsIn(name);
    for (let start = 0; ; dots--) {
      const isAsked = start > 0 || this.where !== 'after a dot';
      if (isAsked && this.lengths.has(name.length - start)) {
        const end = name.slice(start);
        best = Math.min(
          best,
          this.ends.get(end) ?? Infinity,
          start === 0 ? (this.whole.get(end) ?? Infinity) : Infinity,
        );
        best = this.firstBlanked(end, dots, start === 0, best, count);
      }
      const dot = this.where === 'whole' ? -1 : name.indexOf('.', start);
      if (dot < 0) return best;
      start = dot + 1;
    }
  }

  private addBlanked(blanked: Blanked, dots: number): void {
    const byDots = this.blanked.get(blanked.text.length) ?? [];
    this.blanked.set(blanked.text.length, byDots);
    (byDots[dots] ??= []).push(blanked);
  }

  /** Those with more dots than the name: one that has as many fits only if it was found by its text. */
  private firstBlanked(
    name: string,
    dots: number,
    isWhole: boolean,
    best: number,
    count: (tries: number) => void,
  ): number {
    const byDots = this.blanked.get(name.length) ?? [];
    for (let more = dots + 1; more < byDots.length; more++) {
      const others = byDots[more] ?? [];
      count(others.length);
      for (const other of others)
        if (other.place < best && (isWhole || !other.isWhole) && fits(other.text, name)) best = other.place;
    }
    return best;
  }
}

function dotsIn(name: string): number {
  return name.split('.').length - 1;
}

function fits(text: string, name: string): boolean {
  for (let i = name.length - 1; i >= 0; i--) if (text[i] !== name[i] && text[i] !== BLANK) return false;
  return true;
}
