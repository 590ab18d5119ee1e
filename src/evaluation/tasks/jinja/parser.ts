import type { Expression, Statement, Target } from './ast.ts';
import { parseExpression, parseTuple } from './expressions.ts';
import { tokenize } from './lexer.ts';
import { TemplateError } from './templateError.ts';
import { TokenReader } from './tokenReader.ts';

/** Jinja2's statements (jinja2/parser.py), without those that make templates of templates. @throws TemplateError */
export function parseTemplate(template: string): readonly Statement[] {
  const reader = new TokenReader(tokenize(template));
  const { body, end } = parseBody(reader, []);
  if (end !== undefined) throw new TemplateError(`{% ${end} %} has no beginning`, reader.line);
  return body;
}

interface Body {
  readonly body: readonly Statement[];
  /** The name of the statement that ended it, which is consumed, the rest of its tag not. */
  readonly end: string | undefined;
}

function parseBody(reader: TokenReader, ends: readonly string[]): Body {
  const body: Statement[] = [];
  for (let token = reader.take(); token !== undefined; token = reader.take()) {
    if (token.kind === 'text') {
      body.push({ kind: 'text', text: token.value });
      continue;
    }
    if (token.value === '{{') {
      body.push({ kind: 'output', expression: parseTuple(reader, ['}}']), line: token.line });
      reader.expect('end', '}}');
      continue;
    }
    const name = reader.expect('name').value;
    if (ends.includes(name)) return { body, end: name };
    body.push(reader.nested(() => parseStatement(reader, name)));
  }
  if (ends.length > 0) throw new TemplateError(`{% ${ends.at(-1) ?? ''} %} is missing`, reader.line);
  return { body, end: undefined };
}

function parseStatement(reader: TokenReader, name: string): Statement {
  switch (name) {
    case 'if':
      return parseIf(reader);
    case 'for':
      return parseFor(reader);
    case 'set':
      return parseSet(reader);
    default:
      throw new TemplateError(
        /^end|^el/.test(name) ? `{% ${name} %} has no beginning` : `the statement {% ${name} %} is not supported`,
        reader.line,
      );
  }
}

function parseIf(reader: TokenReader): Statement {
  const branches: (readonly [Expression, readonly Statement[]])[] = [];
  for (;;) {
    const test = parseTuple(reader, ['%}'], false);
    reader.expect('end', '%}');
    const { body, end } = parseBody(reader, ['elif', 'else', 'endif']);
    branches.push([test, body]);
    if (end === 'elif') continue;
    const otherwise = end === 'else' ? parseElse(reader, 'endif') : [];
    reader.expect('end', '%}');
    return { kind: 'if', branches, otherwise };
  }
}

function parseElse(reader: TokenReader, end: string): readonly Statement[] {
  reader.expect('end', '%}');
  return parseBody(reader, [end]).body;
}

function parseFor(reader: TokenReader): Statement {
  const line = reader.line;
  const target = parseTarget(reader, false);
  reader.expect('name', 'in');
  const iterable = parseTuple(reader, ['%}', 'if', 'recursive'], false);
  const condition = reader.accept('name', 'if') ? parseExpression(reader) : undefined;
  if (reader.accept('name', 'recursive')) throw new TemplateError('recursive loops are not supported', line);
  reader.expect('end', '%}');
  const { body, end } = parseBody(reader, ['else', 'endfor']);
  const otherwise = end === 'else' ? parseElse(reader, 'endfor') : [];
  reader.expect('end', '%}');
  return { kind: 'for', target, iterable, condition, body, otherwise, line };
}

function parseSet(reader: TokenReader): Statement {
  const target = parseTarget(reader, true);
  if (reader.accept('operator', '=')) {
    const value = parseTuple(reader, ['%}']);
    reader.expect('end', '%}');
    return { kind: 'set', target, value };
  }
  reader.expect('end', '%}');
  const { body } = parseBody(reader, ['endset']);
  reader.expect('end', '%}');
  return { kind: 'set block', target, body };
}

function parseTarget(reader: TokenReader, namespaces: boolean): Target {
  const line = reader.line;
  const closed = reader.accept('operator', '(');
  const targets = [parseOneTarget(reader, namespaces)];
  let several = false;
  while (reader.accept('operator', ',')) {
    several = true;
    if (!reader.is('name') || reader.is('name', 'in')) break;
    targets.push(parseOneTarget(reader, namespaces));
  }
  if (closed) reader.expect('operator', ')');
  const [first] = targets;
  return several || first === undefined ? { kind: 'tuple', targets, line } : first;
}

function parseOneTarget(reader: TokenReader, namespaces: boolean): Target {
  const { value: name, line } = reader.expect('name');
  if (!namespaces || !reader.accept('operator', '.')) return { kind: 'name', name };
  return { kind: 'namespace', name, attribute: reader.expect('name').value, line };
}
