/** Strangers' words in terminals, in Markdown and in tables are words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { csvText } from '../../../src/base/csv.ts';
import { markdownCode, markdownText } from '../../../src/base/markdown.ts';
import { plainText } from '../../../src/base/plainText.ts';
import { printable, printableJson, printableLines } from '../../../src/base/printable.ts';

const ESCAPES = '\u001b]0;OWNED\u0007\u001b[31m\u009b2J\u202eevil\u2028x';

describe('strangers’ words', () => {
  it('move, colour and turn nothing in a terminal', () => {
    assert.equal(printable(ESCAPES), '\\u{1b}]0;OWNED\\u{7}\\u{1b}[31m\\u{9b}2J\\u{202e}evil\\u{2028}x');
    assert.equal(printable('层 q_proj\tü 🦙'), '层 q_proj\tü 🦙');
  });

  it('begin no line that looks like ours', () => {
    assert.equal(
      printableLines('It cannot be ported:\n  a\nerror: forged\n  b'),
      'It cannot be ported:\n  a\\u{a}error: forged\n  b',
    );
  });

  it('stay the same JSON', () => {
    const text = printableJson(JSON.stringify({ name: ESCAPES }, null, 2));
    assert.deepEqual(JSON.parse(text), { name: ESCAPES });
    for (const character of ['\u001b', '\u009b', '\u202e', '\u2028']) assert.ok(!text.includes(character));
  });

  it('are neither markup nor HTML, links, headings or rows in Markdown', () => {
    const hostile = 'a`b\n# Heading\n<img src=x onerror=1>[l](command:x)|cell&amp;*b*';
    const text = markdownText(hostile);
    assert.equal(text, 'a\\`b \\# Heading \\<img src=x onerror=1\\>\\[l\\](command:x)\\|cell&amp;amp;\\*b\\*');
    assert.equal(markdownCode('a`b\n`c'), '`a b  c`');
    assert.equal(markdownText('Mistral-7B v0.3'), 'Mistral-7B v0.3');
  });

  it('are no pictures and no links in the editor', () => {
    assert.equal(plainText('$(verified) [x](command:y)\u001b'), '$ (verified) [x] (command:y)\\u{1b}');
  });

  it('are no formulas in a spreadsheet', () => {
    assert.equal(csvText([['=1+1', '＝1', '@x', '-1', 'a-b', -1]]), "'=1+1,'＝1,'@x,'-1,a-b,-1\r\n");
  });
});
