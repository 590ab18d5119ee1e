import { unescapePython } from '../python/escapes.ts';
import { Scanner } from '../python/scanner.ts';
import { isSpace, stripLeft, stripRight } from '../python/text.ts';
import { TemplateError } from './templateError.ts';

/** Text between the tags, or a token of what stands in one; "begin" and "end" are a tag's own marks. */
export interface Token {
  readonly kind: 'text' | 'begin' | 'end' | 'name' | 'string' | 'integer' | 'float' | 'operator';
  readonly value: string;
  readonly line: number;
}

const OPENING = /\{[{%#]/g;
const COMMENT = /\{#([-+]?)[^]*?(-?)#\}/y;
const RAW = /\{%[-+]?\s*raw\s*(-?)%\}/y;
const END_RAW = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g;
const TAG = /\{([{%])([-+]?)/y;
const LEXEMES = [
  ['float', /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[-+]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy],
  ['integer', /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy],
  ['name', /[\p{L}\p{Nl}_][\p{L}\p{N}\p{M}\p{Pc}]*/uy],
  ['string', /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/y],
  ['operator', /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y],
] as const;
const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

interface Lexer {
  readonly scanner: Scanner;
  readonly tokens: Token[];
  /** The last tag ended with a minus. */
  trim: boolean;
}

/**
 * Jinja2's lexer (jinja2/lexer.py) with lm-eval's settings: newlines become \n, the last one stays, and tags keep the
 * white space around them unless they have a minus.
 *
 * @throws TemplateError
 */
export function tokenize(template: string): Token[] {
  const lexer: Lexer = { scanner: new Scanner(template.replace(/\r\n|\r/g, '\n')), tokens: [], trim: false };
  const { scanner } = lexer;
  while (!scanner.isDone()) {
    const { line } = scanner;
    const text = scanner.takeUntil(OPENING);
    pushText(lexer, text, line, /^\{[{%#]-/.test(scanner.text.slice(scanner.at, scanner.at + 3)));
    const comment = scanner.match(COMMENT);
    if (comment) {
      lexer.trim = comment[2] === '-';
      continue;
    }
    const raw = scanner.match(RAW);
    if (raw) {
      lexer.trim = raw[1] === '-';
      readRaw(lexer);
      continue;
    }
    if (!scanner.isDone()) readTag(lexer);
  }
  return lexer.tokens;
}

function readRaw(lexer: Lexer): void {
  const { scanner } = lexer;
  const { line } = scanner;
  const text = scanner.takeUntil(END_RAW);
  END_RAW.lastIndex = scanner.at;
  const end = END_RAW.exec(scanner.text);
  if (!end) throw new TemplateError('{% raw %} is not closed', line);
  scanner.at += end[0].length;
  pushText(lexer, text, line, end[1] === '-');
  lexer.trim = end[2] === '-';
}

function pushText(lexer: Lexer, text: string, line: number, trimEnd: boolean): void {
  const trimmed = lexer.trim ? stripLeft(text) : text;
  const value = trimEnd ? stripRight(trimmed) : trimmed;
  lexer.trim = false;
  if (value !== '') lexer.tokens.push({ kind: 'text', value, line });
}

function readTag(lexer: Lexer): void {
  const { scanner, tokens } = lexer;
  const line = scanner.line;
  const opening = scanner.match(TAG);
  if (!opening) throw new TemplateError('a comment is not closed', line);
  const close = opening[1] === '{' ? '}}' : '%}';
  tokens.push({ kind: 'begin', value: `{${opening[1] ?? ''}`, line });
  const open: string[] = [];
  for (;;) {
    while (isSpace(scanner.peek())) scanner.next();
    if (scanner.isDone()) throw new TemplateError(`a tag is not closed with ${close}`, line);
    if (open.length === 0 && closes(lexer, close)) return;
    const token = readToken(scanner);
    if (token.kind === 'operator') balance(open, token);
    tokens.push(token);
  }
}

function closes(lexer: Lexer, close: string): boolean {
  const line = lexer.scanner.line;
  const marks = close === '%}' ? ['-%}', '+%}', '%}'] : ['-}}', '}}'];
  const mark = marks.find((each) => lexer.scanner.accept(each));
  if (mark === undefined) return false;
  lexer.trim = mark.startsWith('-');
  lexer.tokens.push({ kind: 'end', value: close, line });
  return true;
}

function readToken(scanner: Scanner): Token {
  const line = scanner.line;
  for (const [kind, pattern] of LEXEMES) {
    const value = scanner.match(pattern)?.[0];
    if (value === undefined) continue;
    return { kind, value: kind === 'string' ? unquoted(value, line) : value, line };
  }
  throw new TemplateError(`the character ${JSON.stringify(scanner.peek())} does not belong into an expression`, line);
}

function unquoted(quoted: string, line: number): string {
  const text = unescapePython(quoted.slice(1, -1));
  if (text === undefined) throw new TemplateError(`the text ${quoted} has an escape that cannot be read`, line);
  return text;
}

function balance(open: string[], { value, line }: Token): void {
  const closing = PAIRS[value];
  if (closing !== undefined) open.push(closing);
  else if (Object.values(PAIRS).includes(value) && open.pop() !== value)
    throw new TemplateError(`the bracket ${value} does not fit`, line);
}
