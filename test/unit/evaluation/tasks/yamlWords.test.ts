/** What the YAML library throws for a file is said of the file. Found by mutated files (test/faults/fuzz). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InputError } from '../../../../src/base/errors.ts';
import { parseYaml } from '../../../../src/evaluation/tasks/definition/yamlFile.ts';

const CASES: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  'a merge of a number': ['<<: 5\na: 1', /^x: Merge sources must be maps or map aliases\.$/],
  'keys of keys': [`${'? '.repeat(3000)}a`, /^x is nested too deeply/],
  'lists of lists': [`${'- '.repeat(4000)}a`, /^x is nested too deeply/],
  'a tag of six thousand letters': [
    `a: !${'t'.repeat(6000)} 1\n`,
    /^x, line 1, column 4: Unresolved tag: !t{100,300}….$/,
  ],
};

describe('YAML of a stranger', () => {
  for (const [name, [text, says]] of Object.entries(CASES))
    it(`with ${name} is refused in words`, () =>
      assert.throws(
        () => parseYaml(text, 'x'),
        (error) => error instanceof InputError && says.test(error.message),
      ));
});
