import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPlainName, isWithin } from '../../../src/base/inside.ts';

describe('names and folders', () => {
  it('takes a name for plain only if it leads nowhere', () => {
    for (const name of ['model.safetensors', '.hidden', 'a b', '..a', 'a..']) assert.ok(isPlainName(name), name);
    for (const name of ['', '.', '..', 'a/b', '/a', 'a\\b', 'C:', 'a\0']) assert.ok(!isPlainName(name), name);
  });

  it('knows what lies inside a folder', () => {
    for (const path of ['/a', '/a/b', '/a/..b', '/a/b/../c']) assert.ok(isWithin('/a', path), path);
    for (const path of ['/', '/ab', '/b/a', '/a/../b']) assert.ok(!isWithin('/a', path), path);
  });
});
