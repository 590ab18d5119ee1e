import type { Arguments, ArithmeticOperator, ComparisonOperator, Expression } from './ast.ts';
import { parseConstant } from './constants.ts';
import { TemplateError } from './templateError.ts';
import type { TokenReader } from './tokenReader.ts';

/** Jinja2's expressions, its precedence and its quirks (jinja2/parser.py). @throws TemplateError */
export function parseExpression(reader: TokenReader, conditionals = true): Expression {
  return reader.nested(() => parseConditional(reader, conditionals));
}

function parseConditional(reader: TokenReader, conditionals: boolean): Expression {
  let expression = parseOr(reader);
  while (conditionals && reader.accept('name', 'if')) {
    const test = parseOr(reader);
    const otherwise = reader.accept('name', 'else') ? parseExpression(reader) : undefined;
    expression = { kind: 'conditional', test, then: expression, otherwise, line: expression.line };
  }
  return expression;
}

/** One expression, or several with commas: a tuple. @param ends the tokens before which a comma may be the last */
export function parseTuple(
  reader: TokenReader,
  ends: readonly string[],
  conditionals = true,
  inParentheses = false,
): Expression {
  const line = reader.line;
  const items: Expression[] = [];
  const atEnd = (): boolean => ends.includes(reader.peek()?.value ?? '') && !reader.is('string');
  let comma = false;
  while (!(comma || inParentheses) || !atEnd()) {
    items.push(parseExpression(reader, conditionals));
    if (!reader.accept('operator', ',')) {
      if (items.length > 1) break;
      return items[0] ?? { kind: 'tuple', items, line };
    }
    comma = true;
  }
  return { kind: 'tuple', items, line };
}

function parseOr(reader: TokenReader): Expression {
  let left = parseAnd(reader);
  while (reader.accept('name', 'or')) left = { kind: 'or', left, right: parseAnd(reader), line: left.line };
  return left;
}

function parseAnd(reader: TokenReader): Expression {
  let left = parseNot(reader);
  while (reader.accept('name', 'and')) left = { kind: 'and', left, right: parseNot(reader), line: left.line };
  return left;
}

function parseNot(reader: TokenReader): Expression {
  const line = reader.line;
  if (!reader.accept('name', 'not')) return parseComparison(reader);
  return { kind: 'not', operand: reader.nested(() => parseNot(reader)), line };
}

function parseComparison(reader: TokenReader): Expression {
  const first = parseSum(reader);
  const rest: (readonly [ComparisonOperator, Expression])[] = [];
  for (let operator = comparisonOperator(reader); operator !== undefined; operator = comparisonOperator(reader))
    rest.push([operator, parseSum(reader)]);
  return rest.length === 0 ? first : { kind: 'comparison', first, rest, line: first.line };
}

function comparisonOperator(reader: TokenReader): ComparisonOperator | undefined {
  if (reader.accept('name', 'in')) return 'in';
  if (reader.is('name', 'not') && reader.peek(1)?.value === 'in') {
    reader.take();
    reader.take();
    return 'not in';
  }
  return (['==', '!=', '<=', '>=', '<', '>'] as const).find((operator) => reader.accept('operator', operator));
}

function parseSum(reader: TokenReader): Expression {
  return leftToRight(reader, ['+', '-'], parseConcatenation);
}

function parseConcatenation(reader: TokenReader): Expression {
  const parts = [parseProduct(reader)];
  while (reader.accept('operator', '~')) parts.push(parseProduct(reader));
  const [first] = parts;
  return parts.length === 1 && first ? first : { kind: 'concatenation', parts, line: reader.line };
}

function parseProduct(reader: TokenReader): Expression {
  return leftToRight(reader, ['*', '/', '//', '%'], parsePower);
}

function parsePower(reader: TokenReader): Expression {
  return leftToRight(reader, ['**'], parseUnary);
}

function leftToRight(
  reader: TokenReader,
  operators: readonly ArithmeticOperator[],
  parseOperand: (reader: TokenReader) => Expression,
): Expression {
  let left = parseOperand(reader);
  for (;;) {
    const operator = operators.find((each) => reader.accept('operator', each));
    if (operator === undefined) return left;
    left = { kind: 'arithmetic', operator, left, right: parseOperand(reader), line: left.line };
  }
}

function parseUnary(reader: TokenReader, filters = true): Expression {
  const line = reader.line;
  const parseOperand = (): Expression => reader.nested(() => parseUnary(reader, false));
  let expression: Expression;
  if (reader.accept('operator', '-')) expression = { kind: 'negative', operand: parseOperand(), line };
  else if (reader.accept('operator', '+')) expression = { kind: 'positive', operand: parseOperand(), line };
  else expression = parsePrimary(reader);
  expression = parsePostfix(reader, expression);
  return filters ? parseFilters(reader, expression) : expression;
}

function parsePrimary(reader: TokenReader): Expression {
  const constant = parseConstant(reader);
  if (constant) return constant;
  const { line } = reader;
  if (reader.accept('operator', '(')) return parseParentheses(reader);
  if (reader.accept('operator', '[')) return { kind: 'list', items: parseItems(reader, ']', parseExpression), line };
  if (reader.accept('operator', '{')) return { kind: 'dict', entries: parseItems(reader, '}', parseEntry), line };
  throw new TemplateError(`expected a value, found ${reader.found}`, line);
}

function parseParentheses(reader: TokenReader): Expression {
  const inside = parseTuple(reader, [')'], true, true);
  reader.expect('operator', ')');
  return inside;
}

function parseItems<T>(reader: TokenReader, close: string, parseItem: (reader: TokenReader) => T): T[] {
  const items: T[] = [];
  while (!reader.accept('operator', close)) {
    if (items.length > 0) reader.expect('operator', ',');
    if (reader.accept('operator', close)) break;
    items.push(parseItem(reader));
  }
  return items;
}

function parseEntry(reader: TokenReader): readonly [Expression, Expression] {
  const key = parseExpression(reader);
  reader.expect('operator', ':');
  return [key, parseExpression(reader)];
}

function parsePostfix(reader: TokenReader, operand: Expression): Expression {
  let expression = operand;
  for (;;) {
    const line = reader.line;
    if (reader.accept('operator', '.')) expression = parseDotted(reader, expression);
    else if (reader.accept('operator', '[')) expression = parseSubscript(reader, expression);
    else if (reader.is('operator', '('))
      expression = { kind: 'call', callee: expression, args: parseArguments(reader), line };
    else return expression;
  }
}

function parseDotted(reader: TokenReader, object: Expression): Expression {
  const token = reader.is('integer') ? reader.expect('integer') : reader.expect('name');
  const { line } = token;
  if (token.kind === 'name') return { kind: 'attribute', object, name: token.value, line };
  return { kind: 'subscript', object, index: { kind: 'constant', value: Number(token.value), line }, line };
}

function parseSubscript(reader: TokenReader, object: Expression): Expression {
  const line = reader.line;
  const indices = parseItems(reader, ']', parseIndex);
  const [first] = indices;
  if (first === undefined) throw new TemplateError('the brackets [] are empty', line);
  const index: Expression = indices.length === 1 ? first : { kind: 'tuple', items: indices, line };
  return { kind: 'subscript', object, index, line };
}

function parseIndex(reader: TokenReader): Expression {
  const line = reader.line;
  const bounds: (Expression | undefined)[] = [];
  const bound = (): Expression | undefined =>
    reader.is('operator', ':', ']', ',') ? undefined : parseExpression(reader);
  bounds.push(bound());
  while (bounds.length < 3 && reader.accept('operator', ':')) bounds.push(bound());
  const [first] = bounds;
  if (bounds.length === 1 && first !== undefined) return first;
  return { kind: 'slice', bounds, line };
}

function parseArguments(reader: TokenReader): Arguments {
  reader.expect('operator', '(');
  const positional: Expression[] = [];
  const named: (readonly [string, Expression])[] = [];
  parseItems(reader, ')', () => {
    if (reader.is('operator', '*', '**')) throw new TemplateError('arguments with * are not supported', reader.line);
    const name = reader.is('name') && reader.peek(1)?.value === '=' ? reader.take()?.value : undefined;
    if (name === undefined) {
      positional.push(parseExpression(reader));
      return;
    }
    reader.expect('operator', '=');
    named.push([name, parseExpression(reader)]);
  });
  return { positional, named };
}

const NO_ARGUMENTS: Arguments = { positional: [], named: [] };

/** Filters and tests, and calls of what they give. */
function parseFilters(reader: TokenReader, operand: Expression): Expression {
  let expression = operand;
  for (;;) {
    const line = reader.line;
    if (reader.accept('operator', '|')) {
      const name = reader.expect('name').value;
      const args = reader.is('operator', '(') ? parseArguments(reader) : NO_ARGUMENTS;
      expression = { kind: 'filter', operand: expression, name, args, line };
    } else if (reader.accept('name', 'is')) expression = parseTest(reader, expression, line);
    else if (reader.is('operator', '('))
      expression = { kind: 'call', callee: expression, args: parseArguments(reader), line };
    else return expression;
  }
}

const ENDS_TEST = ['else', 'or', 'and', 'if', 'is', 'in', 'not'];

function parseTest(reader: TokenReader, operand: Expression, line: number): Expression {
  const negated = reader.accept('name', 'not');
  const name = reader.expect('name').value;
  const test = { kind: 'test', operand, name, args: testArguments(reader), line } as const;
  return negated ? { kind: 'not', operand: test, line } : test;
}

function testArguments(reader: TokenReader): Arguments {
  if (reader.is('operator', '(')) return parseArguments(reader);
  const token = reader.peek();
  const isValue =
    token !== undefined &&
    (['string', 'integer', 'float'].includes(token.kind) ||
      (token.kind === 'name' && !ENDS_TEST.includes(token.value)) ||
      reader.is('operator', '[', '{'));
  return isValue ? { positional: [parsePostfix(reader, parsePrimary(reader))], named: [] } : NO_ARGUMENTS;
}
