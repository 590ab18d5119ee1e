import { Budget } from '../python/budget.ts';
import { isTrue, Namespace, otherwise, PyFunction, PythonError, type Value } from '../python/values.ts';
import type { Statement, Target } from './ast.ts';
import { evaluate, text } from './evaluate.ts';
import { iterate } from './operators.ts';
import { parseTemplate } from './parser.ts';
import { Scope } from './scope.ts';
import { TemplateError } from './templateError.ts';

const MAX_LENGTH = 100_000;
/** In characters of the templates. */
const MAX_KEPT = 500_000;
const kept = new Map<string, readonly Statement[]>();
let keptLength = 0;

/**
 * lm-eval's `apply_template` (lm_eval/utils.py): Jinja2 with StrictUndefined, no autoescape, its last newline kept.
 *
 * @throws TemplateError for a template that cannot be read, and for a document that it cannot be rendered on
 */
export function render(template: string, variables: ReadonlyMap<string, Value>): string {
  const scope = new Scope(new Map(variables), new Budget());
  return renderAll(compile(template), scope);
}

/** @throws TemplateError */
export function compile(template: string): readonly Statement[] {
  let statements = kept.get(template);
  if (statements === undefined) {
    if (template.length > MAX_LENGTH) throw new TemplateError(`it is longer than ${MAX_LENGTH} characters`, 1);
    statements = parseTemplate(template);
    keep(template, statements);
  }
  return statements;
}

function keep(template: string, statements: readonly Statement[]): void {
  keptLength += template.length;
  if (keptLength > MAX_KEPT) {
    kept.clear();
    keptLength = template.length;
  }
  kept.set(template, statements);
}

function renderAll(statements: readonly Statement[], scope: Scope): string {
  let rendered = '';
  for (const statement of statements) {
    rendered += renderOne(statement, scope);
    guarded(1, () => scope.budget.fits(rendered.length));
  }
  return rendered;
}

function renderOne(statement: Statement, scope: Scope): string {
  switch (statement.kind) {
    case 'text':
      return statement.text;
    case 'output':
      return text(statement.expression, scope);
    case 'if': {
      const branch = statement.branches.find(([test]) => truth(evaluate(test, scope), test.line));
      return renderAll(branch?.[1] ?? statement.otherwise, scope);
    }
    case 'for':
      return renderLoop(statement, scope);
    case 'set':
      assign(statement.target, evaluate(statement.value, scope), scope);
      return '';
    case 'set block':
      assign(statement.target, renderAll(statement.body, scope.inner()), scope);
      return '';
  }
}

function renderLoop(loop: Extract<Statement, { kind: 'for' }>, scope: Scope): string {
  const { line, target, condition } = loop;
  const all = guarded(line, () => iterate(evaluate(loop.iterable, scope), scope.budget));
  const items = condition
    ? all.filter((item) => {
        const inner = scope.inner();
        assign(target, item, inner);
        return truth(evaluate(condition, inner), condition.line);
      })
    : all;
  if (items.length === 0) return renderAll(loop.otherwise, scope.inner());
  let rendered = '';
  for (const [i, item] of items.entries()) {
    const inner = scope.inner();
    inner.set('loop', loopVariable(items, i));
    assign(target, item, inner);
    rendered += renderAll(loop.body, inner);
    guarded(line, () => {
      scope.budget.round();
      scope.budget.fits(rendered.length);
    });
  }
  return rendered;
}

function loopVariable(items: readonly Value[], i: number): Namespace {
  const { length } = items;
  return new Namespace(
    new Map<string, Value>([
      ['index', i + 1],
      ['index0', i],
      ['revindex', length - i],
      ['revindex0', length - i - 1],
      ['first', i === 0],
      ['last', i === length - 1],
      ['length', length],
      ['previtem', otherwise(items[i - 1], 'there is no previous item')],
      ['nextitem', otherwise(items[i + 1], 'there is no next item')],
      ['cycle', new PyFunction((choices) => choices[i % Math.max(1, choices.length)] ?? null)],
    ]),
  );
}

function assign(target: Target, value: Value, scope: Scope): void {
  if (target.kind === 'name') {
    scope.set(target.name, value);
    return;
  }
  guarded(target.line, () => {
    if (target.kind === 'namespace') {
      const object = scope.get(target.name);
      if (!(object instanceof Namespace)) throw new PythonError(`${target.name} is no namespace`);
      object.entries.set(target.attribute, value);
      return;
    }
    const items = iterate(value, scope.budget);
    if (items.length !== target.targets.length)
      throw new PythonError(`${items.length} values cannot be given to ${target.targets.length} names`);
    for (const [i, each] of target.targets.entries()) assign(each, items[i] ?? null, scope);
  });
}

function truth(value: Value, line: number): boolean {
  return guarded(line, () => isTrue(value));
}

function guarded<T>(line: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof PythonError) throw new TemplateError(error.message, line, error.variable);
    throw error;
  }
}
