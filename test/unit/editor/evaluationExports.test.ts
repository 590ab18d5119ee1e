/** The comparison as CSV and as Markdown. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { csvOf } from '../../../src/editor/evaluation/csv.ts';
import { markdownOf } from '../../../src/editor/evaluation/markdown.ts';
import { HOSTILE, VIEW } from '../../support/evaluationView.ts';

describe('csvOf', () => {
  const rowsOf = (view = VIEW): Record<string, string>[] => parse(csvOf(view), { columns: true });

  it('has every score once, and every difference with whole numbers', () => {
    const rows = rowsOf();
    const scores = rows.filter(({ compared_with: other }) => other === '');
    assert.deepEqual(
      scores.map(({ task, metric, column, role, value, stderr, n }) => [task, metric, column, role, value, stderr, n]),
      [
        ['kind.test', 'acc', 'storyteller-v1', 'old base', '0.3', '0.105', '20'],
        ['kind.test', 'acc', 'storyteller-v2', 'new base', '0.35', '0.109', '20'],
        ['kind.test', 'acc', 'storyteller-v2 + kind', 'ported', '0.9', '0.069', '20'],
      ],
    );
    const ported = rows.find((row) => row.column === 'storyteller-v2 + kind' && row.compared_with === 'storyteller-v2');
    assert.deepEqual(
      [ported?.difference, ported?.low_95, ported?.p_value, ported?.p_holm, ported?.gained, ported?.lost],
      ['0.55', String(0.55 - 0.25), '0.004', '0.008', '12', '1'],
    );
  });

  it('quotes what needs it, and leaves no formula', () => {
    const named = (label: string) => ({ ...VIEW, columns: VIEW.columns.map((column) => ({ ...column, label })) });
    assert.equal(rowsOf(named('a "b", c\nd'))[0]?.column, 'a "b", c\nd');
    assert.equal(rowsOf(named('=HYPERLINK("x")'))[0]?.column, '\'=HYPERLINK("x")');
    assert.equal(rowsOf(named('@sum'))[0]?.column, "'@sum");
  });
});

describe('markdownOf', () => {
  const text = markdownOf(VIEW);

  it('has scores, differences, recovery, the sweep, and how it was computed', () => {
    assert.match(text, /\| kind\.test · acc \| 30\.0 ± 10\.5 \| 35\.0 ± 10\.9 \| 90\.0 ± 6\.9 \|/);
    assert.match(
      text,
      /\| storyteller-v2 \+ kind − storyteller-v2 \| \+55\.0 \\\[\+30\.0, \+80\.0\\\] \| better \(p = 0\.004/,
    );
    assert.match(text, /- kind\.test · acc: Recovery of storyteller-v2 \+ kind = 0\.82/);
    assert.ok(!text.includes('kind@0.5'), 'further scales stand in the sweep');
    assert.match(text, /\| λ \| 0 \| 0\.5 \| 1 \|/);
    assert.match(text, /- Device: cpu, float32 arithmetic/);
    assert.match(text, /- p-values are corrected/);
  });

  it('keeps names from becoming markup or cells', () => {
    assert.ok(!text.includes(HOSTILE));
    const label = 'a | b\n## c';
    const columns = VIEW.columns.map((column) => ({ ...column, label }));
    assert.match(markdownOf({ ...VIEW, columns }), /\| a \\\| b \\#\\# c \(old base\) \|/);
  });

  it('says what was stopped, and leaves out differences where there are none', () => {
    const rows = VIEW.rows.map((row) => ({ ...row, differences: [], recoveries: [] }));
    const stopped = markdownOf({ ...VIEW, partial: '7 of 20', rows });
    assert.match(stopped, /\*\*7 of 20\*\*/);
    assert.ok(!stopped.includes('Differences'));
  });
});
