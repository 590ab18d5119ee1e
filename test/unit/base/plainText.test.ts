/** Strangers' words in notifications become no links that run commands. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { plainText } from '../../../src/base/plainText.ts';

/** VS Code's own: src/vs/base/common/linkedText.ts */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/gi;

it('a link in a text is a link no more', () => {
  const hostile = 'type [Install](command:workbench.action.terminal.new) cannot';
  assert.match(hostile, LINK);
  assert.doesNotMatch(plainText(hostile), LINK);
  assert.equal(plainText('model.layers[0] (q_proj)'), 'model.layers[0] (q_proj)');
});
