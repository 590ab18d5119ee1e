/** Against Jinja2 with lm-eval's settings (test/golden/tasks/make_tasks.py). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { render } from '../../../../src/evaluation/tasks/jinja/render.ts';
import { TemplateError } from '../../../../src/evaluation/tasks/jinja/templateError.ts';
import { toValue } from '../../../../src/evaluation/tasks/python/values.ts';
import { templates } from './reference.ts';

const variables = new Map(Object.entries(templates.variables).map(([name, value]) => [name, toValue(value)]));

function failure(template: string): TemplateError {
  try {
    render(template, variables);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  return assert.fail(`renders: ${template}`);
}

describe('a template', () => {
  for (const [template, rendered] of templates.templates)
    it(`${rendered === null ? 'fails' : 'renders'} as in Python: ${JSON.stringify(template)}`, () => {
      if (rendered === null) failure(template);
      else assert.equal(render(template, variables), rendered);
    });

  it('says on which line it fails, and which variable is missing', () => {
    const error = failure('one\ntwo {{label}}\n{{ missing }}');
    assert.equal(error.line, 3);
    assert.equal(error.missing, 'missing');
    assert.equal(failure('a\n{% for x in 5 %}').line, 2);
    assert.equal(failure('{{ label }}\n\n{{ numbers | frobnicate }}').line, 3);
    assert.equal(failure('{{ nested.zzz }}').missing, undefined);
    assert.match(failure('{{ nested.zzz }}').message, /'dict object' has no attribute 'zzz'/);
  });

  for (const [template, reason] of [
    ['{{ "a" * 4000001 }}', /more than 4000000 characters/],
    ['{% for i in range(100001) %}{% endfor %}', /100001 numbers is more than/],
    ['{{ ("x" * 5000) | replace("x", "y" * 5000) }}', /more than 4000000 characters/],
    ['{{ numbers.append(1) }}', /append\(\) would change a list/],
    ['{{ nested.pop("items") }}', /would change the document/],
    ['{{ "%s" % 1 }}', /unsupported operand types for %/],
    ['{% macro m() %}{% endmacro %}', /\{% macro %\} is not supported/],
    ['{{ question | regex_replace("(?=a)", "") }}', /no lookahead/],
    ['{{ 2 ** 100 }}', /too large/],
    ['{{ range }}', /cannot be printed/],
  ] as const)
    it(`is refused: ${template}`, () => assert.match(failure(template).message, reason));

  it('comes to an end', () => {
    const nested = '{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}';
    assert.match(failure(nested).message, /more than 20000000 steps/);
  });
});
