import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MISDECLARED, REGISTERED } from '../../../../src/evaluation/tokenizer/classTable.ts';
import { readGolden } from './golden.ts';

it("knows transformers' tokenizer class for every model type of a language model", async () => {
  const golden = (await readGolden('classes.json')) as { registered: Record<string, string>; misdeclared: string[] };
  assert.deepEqual(Object.fromEntries([...REGISTERED].sort()), golden.registered);
  assert.deepEqual([...MISDECLARED].sort(), golden.misdeclared);
});
