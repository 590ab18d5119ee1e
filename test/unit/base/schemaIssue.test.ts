import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as z from 'zod';
import { issueText } from '../../../src/base/schemaIssue.ts';

const SCHEMA = z.object({ size: z.number(), names: z.array(z.string()), mode: z.enum(['a', 'b']).optional() });

it('says in words what is wrong with a value', () => {
  const textOf = (value: unknown, within?: string): string => {
    const { error } = SCHEMA.safeParse(value);
    return error === undefined ? assert.fail('it is fine') : issueText(error, within);
  };
  assert.equal(textOf({ names: [] }), 'size is missing');
  assert.equal(textOf({ size: 'x', names: [] }), 'size must be a number and is a text');
  assert.equal(textOf({ size: 1, names: ['a', 2] }, 'model'), 'model.names.1 must be a text and is a number');
  const version = z.object({ version: z.literal(3), count: z.int().optional() });
  const versionText = (value: unknown): string => issueText(version.safeParse(value).error ?? { issues: [] });
  assert.equal(versionText({ version: 2 }), 'version must be 3');
  assert.equal(versionText({ version: 3, count: 0.5 }), 'count must be a whole number');
  assert.equal(textOf([]), 'it must be an object and is a list');
  assert.match(textOf({ size: 1, names: [], mode: 'c' }), /^mode: Invalid option: expected one of "a"\|"b"$/);
});
