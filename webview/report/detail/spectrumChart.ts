import { scaleLog, scalePoint } from 'd3-scale';
import type { Spectrum } from '../../../src/diagnostics/types.ts';
import { axisNames, chartPicture, horizontalLines, SMALL } from '../../common/axes.ts';
import { element, svg } from '../../common/dom.ts';
import { disclosure, table } from '../../common/parts.ts';
import { written } from '../numbers.ts';

/** Smaller ones are rounding. */
const NEGLIGIBLE = 1e-6;

/** The singular values of Δ, largest first, on a logarithmic axis. */
export function spectrumSection({ values, complete, stableRank }: Spectrum): HTMLElement {
  const shown = values.filter((value) => value > NEGLIGIBLE * (values[0] ?? 0));
  const note = complete
    ? `Stable rank ${written(stableRank, 'number')} of ${shown.length}.`
    : `The ${shown.length} largest; stable rank ${written(stableRank, 'number')}.`;
  const rows = shown.map((value, i) => ({ number: i + 1, value }));
  return element(
    'section',
    { class: 'small-chart' },
    element('h4', {}, 'Singular values of Δ'),
    ...(shown.length === 0 ? [element('p', { class: 'note' }, 'The patch is zero here.')] : [chart(shown)]),
    element('p', { class: 'note' }, note),
    disclosure(
      'The same as a table',
      table(
        'Singular values of Δ',
        [
          { title: '#', kind: 'number', value: ({ number }: (typeof rows)[number]) => String(number) },
          { title: 'σ', kind: 'number', value: ({ value }) => written(value, 'number') },
        ],
        rows,
      ),
    ),
  );
}

function chart(values: readonly number[]): SVGElement {
  const { width, height, left, right, top, bottom } = SMALL;
  const [largest = 1, smallest = 1] = [values[0], values.at(-1)];
  const y = scaleLog([Math.min(smallest, largest / 10), largest], [height - bottom, top]).nice();
  const x = scalePoint(
    values.map((_, i) => i),
    [left + 10, width - right - 10],
  );
  const picture = chartPicture(
    SMALL,
    `${values.length} singular values from ${written(largest, 'number')} down to ${written(smallest, 'number')}`,
  );
  const powers = y.ticks(3).filter((tick) => Math.abs(Math.log10(tick) % 1) < 1e-9);
  const ticks = (powers.length > 1 ? powers : y.domain()).map((tick) => ({
    y: y(tick),
    text: written(tick, 'number'),
  }));
  picture.append(...horizontalLines(SMALL, ticks), ...axisNames(SMALL, 'direction, largest first', 'σ'));
  const at = (i: number): number => x(i) ?? 0;
  picture.append(
    svg('polyline', { class: 'line', points: values.map((value, i) => `${at(i)},${y(value)}`).join(' ') }),
    ...values.map((value, i) => svg('circle', { cx: at(i), cy: y(value), r: 3, class: 'point' })),
  );
  return picture;
}
