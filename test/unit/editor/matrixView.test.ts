/** A matrix in words and colours. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../../src/editor/matrix/view.ts';
import { HOSTILE, STATE } from '../../support/matrixState.ts';

describe('the view of a matrix', () => {
  const view = viewOf(STATE, true);
  const cell = (row: number, column: number): (typeof view.cells)[number][number] => {
    const found = view.cells[row]?.[column];
    assert.ok(found);
    return found;
  };

  it('says what it is of and how far it is', () => {
    assert.equal(view.subtitle, '2 patches × 1 base × 2 tasks × 2 scales: 9 of 10 parts are done');
    assert.deepEqual(view.rows, ['kind @0.5', 'kind', `${HOSTILE} @0.5`, HOSTILE]);
    assert.deepEqual(
      view.columns.map(({ alone, metric }) => [alone, metric]),
      [
        ['30.0 ± 2.0', 'acc, higher is better'],
        ['20', 'word_perplexity, lower is better'],
      ],
    );
    assert.ok(view.notes.some((note) => note.includes('corrected for the 7 tests')));
    assert.equal(view.hasRecovery, true);
    assert.deepEqual([view.isRunning, view.isComplete], [true, false]);
  });

  it('colours by the largest difference of a kind, and blue is better whatever that means', () => {
    const shades = view.cells.map((row) => row.map(({ difference }) => difference.shade));
    assert.deepEqual(
      shades.map(([first]) => first),
      [0.4, 1, -0.02, -0.2],
    );
    assert.deepEqual(
      shades.map(([, second]) => second),
      [0.5, -1, null, null],
      'a lower perplexity is better',
    );
  });

  it('has signs only where a difference is shown, and no numbers where nothing is', () => {
    assert.deepEqual(
      view.cells.map(([first]) => first?.difference.sign),
      ['▲', '▲', '', '▼'],
    );
    assert.deepEqual([cell(0, 1).difference.sign, cell(1, 1).difference.sign], ['▲', '▼']);
    assert.equal(cell(0, 0).difference.text, '+20.0');
    assert.equal(cell(0, 0).difference.words, 'better (p = 0.001)');
    assert.equal(cell(0, 0).recovery.text, '40 %');
    assert.deepEqual([cell(2, 1).score, cell(2, 1).difference.text, cell(2, 1).isThere], ['–', '–', false]);
    assert.equal(cell(3, 1).difference.words, 'They share no item.');
  });

  it('says of a recovery that is none, or has no bounds, why', () => {
    const [[first, ...row] = [], ...rows] = STATE.cells;
    assert.ok(first);
    const with_ = (recovery: typeof first.recovery): string[] => {
      const { text, words, interval } = viewOf({ ...STATE, cells: [[{ ...first, recovery }, ...row], ...rows] }, false)
        .cells[0]?.[0]?.recovery ?? { text: '', words: '', interval: '' };
      return [text, words, interval];
    };
    assert.deepEqual(with_({ value: null, low: null, high: null, reason: 'no gain' }), ['none', 'no gain', '']);
    assert.deepEqual(with_({ value: 1.3, low: null, high: null, reason: 'uncertain' }), ['130 %', 'uncertain', '']);
  });
});
