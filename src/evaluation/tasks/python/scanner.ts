/** A text as its reader goes through it, code point by code point. */
export class Scanner {
  readonly text: string;
  at = 0;
  private lines = 1;
  private nextBreak: number;

  constructor(text: string) {
    this.text = text;
    this.nextBreak = text.indexOf('\n');
  }

  isDone(): boolean {
    return this.at >= this.text.length;
  }

  /** Of what is next, counted on from where it was asked for last. */
  get line(): number {
    while (this.nextBreak >= 0 && this.nextBreak < this.at) {
      this.lines++;
      this.nextBreak = this.text.indexOf('\n', this.nextBreak + 1);
    }
    return this.lines;
  }

  /** The next character, which stays. */
  peek(): string {
    return this.isDone() ? '' : String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
  }

  next(): string {
    const character = this.peek();
    this.at += character.length;
    return character;
  }

  accept(literal: string): boolean {
    if (!this.text.startsWith(literal, this.at)) return false;
    this.at += literal.length;
    return true;
  }

  /** What stands before the pattern's next match, or all that is left. @param pattern a global one */
  takeUntil(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const start = this.at;
    this.at = pattern.exec(this.text)?.index ?? this.text.length;
    return this.text.slice(start, this.at);
  }

  /** @param pattern a sticky one */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? undefined;
    this.at += found?.[0].length ?? 0;
    return found;
  }
}
