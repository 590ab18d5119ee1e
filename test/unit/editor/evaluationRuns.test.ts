/** Evaluations as the list has them: from results files to rows, and what runs in words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dateInWords, diskRuns } from '../../../src/editor/evaluation/diskRuns.ts';
import { liveViewOf } from '../../../src/editor/evaluation/liveView.ts';

const at = (folder: string, date: string): string => `/work/${folder}/results_${date}.json`;

describe('diskRuns', () => {
  it('joins the columns of one evaluation, and has the newest first', () => {
    const runs = diskRuns([
      at('kind/v1', '2026-11-25T10-00-00.000001'),
      at('kind/v2', '2026-11-25T10-05-00.000001'),
      at('kind/v2', '2026-11-26T09-00-00.000001'),
      at('mood/v1', '2026-11-26T12-30-00.000001'),
    ]);
    assert.deepEqual(
      runs.map(({ title, columns, date }) => [title, columns.length, dateInWords(date)]),
      [
        ['mood', 1, '2026-11-26 12:30'],
        ['kind', 2, '2026-11-26 09:00'],
      ],
    );
    assert.deepEqual(runs[1]?.columns, ['/work/kind/v1', '/work/kind/v2']);
  });

  it('lists results without a date too', () => {
    const [run] = diskRuns(['/work/old/model/results.json']);
    assert.deepEqual([run?.title, dateInWords(run?.date ?? null)], ['old', 'without a date']);
  });
});

describe('liveViewOf', () => {
  it('says how far each column is, and what it has found', () => {
    const cell = (done: number, value: number | null): object => ({ done, total: 1000, value, stderr: value && 0.02 });
    const rows = [{ task: 'kind', metric: 'acc', cells: [cell(500, 0.325), cell(0, null)] }];
    const { rows: found, progress } = liveViewOf(
      { columns: ['a', 'b'], rows } as Parameters<typeof liveViewOf>[0],
      'so far',
    );
    assert.equal(progress, 'so far');
    assert.deepEqual([found[0]?.name, found[0]?.unit], ['kind · acc', 'percent']);
    assert.deepEqual(
      found[0]?.cells.map(({ share, count, text }) => [share, count, text]),
      [
        [0.5, '500 of 1,000', '32.5 ± 2.0'],
        [0, '0 of 1,000', '–'],
      ],
    );
  });
});
