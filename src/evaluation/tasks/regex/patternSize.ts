import { PatternError } from '../../patternError.ts';

/** Some ten milliseconds and a megabyte, in RE2. */
const MAX_SIZE = 1500;

/** How large RE2 makes a pattern, in its instructions: what is repeated counts as often. */
export class PatternSize {
  private readonly outer: number[] = [];
  private group = 0;
  private last = 0;
  private once = 0;

  atom(): void {
    this.last = 1;
    this.add(1);
  }

  /** A class of many ranges, which takes as long to read as so many instructions, however often it is repeated. */
  ranges(work: number): void {
    this.once += work;
    this.add(0);
  }

  open(): void {
    this.outer.push(this.group);
    this.group = 0;
  }

  close(): void {
    this.last = this.group + 2;
    this.group = this.outer.pop() ?? 0;
    this.add(this.last);
  }

  /** `{least,most}`: what may be left out takes an instruction more. */
  repeat(least: number, most: number): void {
    const times = Math.max(1, least + 2 * (most - least));
    this.add(this.last * (times - 1));
    this.last *= times;
  }

  get total(): number {
    return this.group + this.once;
  }

  private add(instructions: number): void {
    this.group += instructions;
    if (this.total > MAX_SIZE)
      throw new PatternError(`it is too large: with all that it repeats, RE2 makes more than ${MAX_SIZE} steps of it`);
  }
}
