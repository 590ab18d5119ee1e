import type { Token } from './lexer.ts';
import { TemplateError } from './templateError.ts';

/** Real templates nest some levels deep; each takes many calls to read. */
const MAX_DEPTH = 100;

/** The tokens of a template as its parser goes through them. */
export class TokenReader {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** Of the next token, or of the last. */
  get line(): number {
    return (this.tokens[this.at] ?? this.tokens.at(-1))?.line ?? 1;
  }

  /** Reads what stands in something else. @throws TemplateError where that has no end */
  nested<T>(parse: () => T): T {
    if (this.depth >= MAX_DEPTH) throw new TemplateError(`it is nested more than ${MAX_DEPTH} deep`, this.line);
    this.depth++;
    const parsed = parse();
    this.depth--;
    return parsed;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  take(): Token | undefined {
    return this.tokens[this.at++];
  }

  is(kind: Token['kind'], ...values: readonly string[]): boolean {
    const token = this.peek();
    return token?.kind === kind && (values.length === 0 || values.includes(token.value));
  }

  accept(kind: Token['kind'], value: string): boolean {
    if (!this.is(kind, value)) return false;
    this.at++;
    return true;
  }

  expect(kind: Token['kind'], value?: string): Token {
    const token = this.peek();
    if (token?.kind === kind && (value === undefined || token.value === value)) {
      this.at++;
      return token;
    }
    throw new TemplateError(
      `expected ${value === undefined ? `a ${kind}` : `"${value}"`}, found ${this.found}`,
      this.line,
    );
  }

  /** What is next, for messages. */
  get found(): string {
    const token = this.peek();
    return token === undefined || token.kind === 'end' ? 'the end of the tag' : JSON.stringify(token.value);
  }
}
