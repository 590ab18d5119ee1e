/** Against CPython, its re and PyYAML (test/golden/tasks/make_tasks.py). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseYaml } from '../../../../src/evaluation/tasks/definition/yamlFile.ts';
import { literalEval } from '../../../../src/evaluation/tasks/python/literal.ts';
import { repr } from '../../../../src/evaluation/tasks/python/repr.ts';
import { PythonError } from '../../../../src/evaluation/tasks/python/values.ts';
import { PatternError } from '../../../../src/evaluation/patternError.ts';
import { pythonRegex } from '../../../../src/evaluation/tasks/regex/pythonRegex.ts';
import { python } from './reference.ts';

describe('a Python literal', () => {
  for (const [text, printed] of python.literals)
    it(`${printed === null ? 'is none' : 'is read and printed'}: ${JSON.stringify(text)}`, () => {
      if (printed === null) assert.throws(() => literalEval(text), PythonError);
      else assert.equal(repr(literalEval(text)), printed);
    });

  it('may not nest without end', () => {
    assert.throws(() => literalEval('['.repeat(100_000)), PythonError);
  });
});

describe('a Python pattern', () => {
  for (const { pattern, cases } of python.patterns)
    it(`finds and replaces what Python's does: ${pattern}`, () => {
      const regex = pythonRegex(pattern);
      for (const [text, found, replaced, replacedOnce] of cases) {
        assert.deepEqual(regex.findAll(text), found, text);
        assert.equal(regex.sub('<>', text), replaced);
        assert.equal(regex.sub('[\\g<0>]', text, 1), replacedOnce);
      }
    });

  for (const [pattern, replacement, text, made] of python.replacements)
    it(`${made === null ? 'refuses' : 'reads'} the replacement ${replacement} for ${pattern}`, () => {
      const replace = (): string => pythonRegex(pattern).sub(replacement, text);
      if (made === null) assert.throws(replace, PatternError);
      else assert.equal(replace(), made);
    });

  for (const [pattern, reason] of [
    ['a(?=b)', /no lookahead/],
    ['a(?!b)', /no lookahead/],
    ['(a)\\1', /no back-reference/],
    ['(?P<x>a)(?P=x)', /no back-reference/],
    ['(?>a)', /no atomic group/],
    ['a*+', /no possessive repetition/],
    ['(?(1)a|b)', /no conditional group/],
    ['(?x) a', /flags x and L/],
    ['\\N{DIGIT ONE}', /escape \\N/],
    ['a(?i)b', /at its start/],
    ['(a', /not closed/],
    ['a)', /no opening/],
    ['[b-a]', /backwards/],
    ['[a', /not closed/],
    ['a{1001}', /repeat count/],
    ['*a', /missing argument/],
  ] as const)
    it(`says why it cannot be used: ${pattern}`, () => {
      assert.throws(() => pythonRegex(pattern), (error: Error) => error instanceof PatternError && reason.test(error.message)); // prettier-ignore
    });

  it('takes no time that grows with the choices a backtracking matcher would have', () => {
    const start = performance.now();
    assert.deepEqual(pythonRegex('(a+)+b').findAll('a'.repeat(50_000)), []);
    assert.ok(performance.now() - start < 5000);
  });
});

describe('a YAML scalar', () => {
  for (const [text, printed] of python.scalars)
    it(`is what PyYAML makes of ${text}`, () => {
      const { value } = parseYaml(`value: ${text}`, 'task.yaml').values;
      assert.equal(asPython(value, printed), printed);
    });
});

/** JavaScript has one type of number: a float is told by the reference. */
function asPython(value: unknown, printed: string): string {
  if (typeof value === 'string') return repr(value);
  if (typeof value === 'number' && /^-?[\d.]+$/.test(printed))
    return value === Number(printed) ? printed : String(value);
  if (typeof value === 'number') return String(value).replace('Infinity', 'inf').toLowerCase();
  return value === null ? 'None' : value === true ? 'True' : 'False';
}
