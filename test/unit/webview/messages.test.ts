/** What does not follow the contract of a page is taken by neither end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FROM_PAGE, readMessage, TO_PAGE, type PageName } from '../../../webview/messages.ts';

type Case = readonly [page: PageName, message: unknown];

const FROM: readonly Case[] = [
  ['plan', { type: 'port' }],
  ['report', { type: 'diagnose' }],
  ['report', { type: 'detail', target: 'model.layers.0.weight' }],
  ['report', { type: 'exportPicture', format: 'png', content: new Uint8Array(3) }],
  ['report', { type: 'exportPicture', format: 'svg', content: '<svg/>' }],
  ['evaluation', { type: 'pin', column: null }],
  ['evaluation', { type: 'item', task: 't', column: 0, reference: 1, docId: 3, referenceDocId: 3 }],
  ['matrix', { type: 'open', row: 0, column: 2 }],
  ['runs', { type: 'ready', chosen: null }],
  ['runs', { type: 'forget', id: 'a' }],
  ['safetensors', { type: 'rows', group: 'model.', from: 100 }],
  ['safetensors', { type: 'measure', tensor: { name: 'a', file: 'b' } }],
];
const WRONG_FROM: readonly Case[] = [
  ['plan', 'port'],
  ['plan', null],
  ['plan', { type: 'verify' }],
  ['report', { type: 'exportPicture', format: 'svg/../../x', content: '' }],
  ['report', { type: 'exportPicture', format: 'png', content: { length: 3 } }],
  ['report', { type: 'exportData', format: 'exe' }],
  ['report', { type: 'detail', target: { toString: 'x' } }],
  ['evaluation', { type: 'reference', column: -1 }],
  ['evaluation', { type: 'pin', column: 0.5 }],
  ['matrix', { type: 'open', row: -1, column: 2 }],
  ['runs', { type: 'choose', id: 5 }],
  ['safetensors', { type: 'search', text: 5 }],
  ['safetensors', { type: 'search', text: 'x'.repeat(200_000) }],
  ['safetensors', { type: 'rows', group: 'a', from: NaN }],
  ['safetensors', { type: 'constructor' }],
];
const TO: readonly Case[] = [
  ['plan', { type: 'show', plan: {} }],
  ['report', { type: 'show', source: { kind: 'port', folder: 'a' }, view: {}, other: null }],
  ['evaluation', { type: 'show', files: ['a'], chosen: null, view: {}, baseline: 'b' }],
  ['matrix', { type: 'show', out: '/a', view: {} }],
  ['runs', { type: 'runs', runs: [], baseline: null }],
  ['safetensors', { type: 'show', summary: {}, top: {}, isTrusted: false }],
  ['safetensors', { type: 'figures', tensor: { name: 'a', file: 'b' }, state: { type: 'done', figures: {} } }],
];
const WRONG_TO: readonly Case[] = [
  ['plan', { type: 'show' }],
  ['report', { type: 'show', source: { kind: 'web', url: 'x' }, view: {}, other: null }],
  ['evaluation', { type: 'show', files: 'a', chosen: null, view: {}, baseline: null }],
  ['matrix', { type: 'show', out: 5, view: {} }],
  ['runs', { type: 'runs', runs: {}, baseline: null }],
  ['safetensors', { type: 'show', summary: 'x', top: {}, isTrusted: 'yes' }],
  ['safetensors', { type: 'problem' }],
];

describe('messages of pages', () => {
  for (const [schemas, right, wrong, from] of [
    [FROM_PAGE, FROM, WRONG_FROM, 'from'],
    [TO_PAGE, TO, WRONG_TO, 'to'],
  ] as const) {
    it(`${from} a page that follow the contract are taken as they are`, () => {
      for (const [page, message] of right) assert.deepEqual(readMessage(schemas as never, page, message), message);
    });
    it(`${from} a page that do not are passed over`, () => {
      for (const [page, message] of wrong)
        assert.equal(readMessage(schemas as never, page, message), undefined, JSON.stringify(message));
    });
  }
});
