import { PatternError } from '../../patternError.ts';

/** A pattern as it was written. A set is the source of something that is one code point: `[a-z]`, `\p{L}`, `x`. */
export type Pattern =
  | { readonly kind: 'set'; readonly source: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly options: readonly Pattern[] }
  | {
      readonly kind: 'repeat';
      readonly part: Pattern;
      readonly least: number;
      readonly most: number;
      readonly lazy: boolean;
    }
  | { readonly kind: 'look'; readonly part: Pattern; readonly behind: boolean; readonly negative: boolean };

const GROUP = /\((?:\?(?:(<?)([=!])|:|<[A-Za-z_]\w*>))?(?!\?)/y;
const SET =
  /\[(?:\\[^]|[^\]\\])*\]|\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[dD][89abAB]..\\u[dD][c-fC-F]..|u....|x..|c.|[^1-9kbB])|[^\\()[\]{}|*+?^$]/uy;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\??)/y;
const MOST_NESTED = 100;

/**
 * Reads the source of a JavaScript RegExp with the flag u.
 *
 * @throws PatternError for back-references, and whatever else is not known here
 */
export function parsePattern(source: string): Pattern {
  const reader = new Reader(source);
  const pattern = reader.choice(0);
  if (!reader.isDone()) throw new PatternError('a parenthesis has no partner');
  return pattern;
}

class Reader {
  private at = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  isDone(): boolean {
    return this.at === this.source.length;
  }

  choice(depth: number): Pattern {
    if (depth > MOST_NESTED) throw new PatternError('it is nested too deeply');
    const options = [this.sequence(depth)];
    while (this.source[this.at] === '|') {
      this.at++;
      options.push(this.sequence(depth));
    }
    const [only] = options;
    return only !== undefined && options.length === 1 ? only : { kind: 'choice', options };
  }

  private sequence(depth: number): Pattern {
    const parts: Pattern[] = [];
    while (!this.isDone() && this.source[this.at] !== '|' && this.source[this.at] !== ')')
      parts.push(this.repeated(this.one(depth)));
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : { kind: 'sequence', parts };
  }

  private one(depth: number): Pattern {
    const group = this.take(GROUP);
    if (group !== undefined) {
      const part = this.choice(depth + 1);
      if (this.source[this.at++] !== ')') throw new PatternError('a parenthesis has no partner');
      const [, behind, look] = group;
      return look === undefined ? part : { kind: 'look', part, behind: behind === '<', negative: look === '!' };
    }
    const set = this.take(SET);
    if (set === undefined) throw new PatternError(`"${this.source.slice(this.at, this.at + 4)}" is not known here`);
    return { kind: 'set', source: set[0] };
  }

  private repeated(part: Pattern): Pattern {
    const found = this.take(QUANTIFIER);
    if (found === undefined) return part;
    const [, mark, count, comma, upTo, lazy] = found;
    const least = count === undefined ? (mark === '+' ? 1 : 0) : Number(count);
    const most =
      count === undefined
        ? mark === '?'
          ? 1
          : Infinity
        : comma === undefined
          ? least
          : upTo === ''
            ? Infinity
            : Number(upTo);
    if (canBeEmpty(part)) throw new PatternError('it repeats what may be empty');
    return { kind: 'repeat', part, least, most, lazy: lazy === '?' };
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found !== null) this.at = pattern.lastIndex;
    return found ?? undefined;
  }
}

function canBeEmpty(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'set':
      return false;
    case 'look':
      return true;
    case 'sequence':
      return pattern.parts.every(canBeEmpty);
    case 'choice':
      return pattern.options.some(canBeEmpty);
    case 'repeat':
      return pattern.least === 0;
  }
}
