import type { Pattern } from './parsePattern.ts';
import { PatternError } from '../../patternError.ts';

export const STEPS = {
  end: 0,
  /** One code point of set `first`. */
  set: 1,
  /** `second` is tried where `first` leads nowhere. */
  choice: 2,
  /** What follows is what `first` leads through, or is not. */
  ahead: 3,
  notAhead: 4,
  /** The code point before is one of set `first`, or is not. */
  behind: 5,
  notBehind: 6,
} as const;
export type Kind = (typeof STEPS)[keyof typeof STEPS];

/** Steps, each of a kind; `second` is the step that follows. */
export interface Program {
  readonly kinds: readonly Kind[];
  readonly firsts: Int32Array;
  readonly seconds: Int32Array;
  readonly start: number;
  /** Every step stands behind those that it leads to at the same place of the text. */
  readonly order: Int32Array;
  readonly sets: readonly RegExp[];
}

const MOST_STEPS = 2000;

/** @throws PatternError if it is too large, or looks back at more than one character */
export function makeProgram(pattern: Pattern): Program {
  return new Builder().build(pattern);
}

interface Step {
  readonly kind: Kind;
  first: number;
  second: number;
}

class Builder {
  private readonly steps: Step[] = [{ kind: STEPS.end, first: 0, second: 0 }];
  private readonly sets = new Map<string, number>();

  build(pattern: Pattern): Program {
    const start = this.add(pattern, 0);
    return {
      kinds: this.steps.map(({ kind }) => kind),
      firsts: Int32Array.from(this.steps, ({ first }) => first),
      seconds: Int32Array.from(this.steps, ({ second }) => second),
      start,
      order: Int32Array.from(inOrder(this.steps)),
      sets: [...this.sets.keys()].map((source) => new RegExp(`^(?:${source})$`, 'u')),
    };
  }

  /** @returns the step that a pattern begins with, which goes on to `next` */
  private add(pattern: Pattern, next: number): number {
    switch (pattern.kind) {
      case 'set':
        return this.push(STEPS.set, this.setOf(pattern.source), next);
      case 'sequence':
        return pattern.parts.reduceRight((after, part) => this.add(part, after), next);
      case 'choice':
        return pattern.options
          .map((option) => this.add(option, next))
          .reduceRight((second, first) => this.push(STEPS.choice, first, second));
      case 'look':
        return this.addLook(pattern, next);
      case 'repeat':
        return this.addRepeat(pattern, next);
    }
  }

  private addRepeat({ part, least, most, lazy }: Extract<Pattern, { kind: 'repeat' }>, next: number): number {
    const choose = (once: number): number =>
      lazy ? this.push(STEPS.choice, next, once) : this.push(STEPS.choice, once, next);
    let start = next;
    if (most === Infinity) {
      start = choose(next);
      const again = this.steps[start];
      const once = this.add(part, start);
      if (again !== undefined) again[lazy ? 'second' : 'first'] = once;
    } else for (let i = least; i < most; i++) start = choose(this.add(part, start));
    for (let i = 0; i < least; i++) start = this.add(part, start);
    return start;
  }

  private addLook({ part, behind, negative }: Extract<Pattern, { kind: 'look' }>, next: number): number {
    if (!behind) return this.push(negative ? STEPS.notAhead : STEPS.ahead, this.add(part, 0), next);
    const options = part.kind === 'choice' ? part.options : [part];
    const sources = options.map((option) => {
      if (option.kind !== 'set') throw new PatternError('it looks back at more than one character');
      return option.source;
    });
    return this.push(negative ? STEPS.notBehind : STEPS.behind, this.setOf(sources.join('|')), next);
  }

  private setOf(source: string): number {
    const number = this.sets.get(source) ?? this.sets.size;
    this.sets.set(source, number);
    return number;
  }

  private push(kind: Kind, first: number, second: number): number {
    if (this.steps.length >= MOST_STEPS) throw new PatternError('it is too large');
    return this.steps.push({ kind, first, second }) - 1;
  }
}

/** Nothing that may be empty is repeated, so that no step leads back to itself at one place. */
function inOrder(steps: readonly Step[]): number[] {
  const order: number[] = [];
  const seen = new Set<number>();
  const open = steps.map((_, i) => i);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at < 0) order.push(~at);
    else if (!seen.has(at)) {
      seen.add(at);
      open.push(~at, ...atSamePlace(steps[at]));
    }
  }
  return order;
}

function atSamePlace(step: Step | undefined): number[] {
  switch (step?.kind) {
    case STEPS.choice:
    case STEPS.ahead:
    case STEPS.notAhead:
      return [step.first, step.second];
    case STEPS.behind:
    case STEPS.notBehind:
      return [step.second];
    default:
      return [];
  }
}
