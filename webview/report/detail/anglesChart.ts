import { scaleLinear, scalePoint } from 'd3-scale';
import type { Angles } from '../../../src/diagnostics/types.ts';
import { axisNames, chartPicture, horizontalLines, SMALL } from '../../common/axes.ts';
import { element, svg } from '../../common/dom.ts';
import { disclosure, table } from '../../common/parts.ts';
import { written } from '../numbers.ts';

/** The principal angles between a patch and a retrained one, beside those of a random pair. */
export function anglesSection(side: string, { cosines, chance }: Angles): HTMLElement {
  const rows = cosines.map((cosine, i) => ({ number: i + 1, cosine, random: chance[i] ?? 0 }));
  const title = `Principal angles of the ${side}`;
  return element(
    'section',
    { class: 'small-chart' },
    element('h4', {}, `${title}: patch and retrained patch`),
    chart(title, cosines, chance),
    element(
      'p',
      { class: 'note' },
      'Line: the two patches. Dashes: two random ones of the same ranks. 1 is a shared direction.',
    ),
    disclosure(
      'The same as a table',
      table(
        title,
        [
          { title: '#', kind: 'number', value: ({ number }: (typeof rows)[number]) => String(number) },
          { title: 'Cosine', kind: 'number', value: ({ cosine }) => written(cosine, 'number') },
          {
            title: 'Angle',
            kind: 'number',
            value: ({ cosine }) => `${((Math.acos(cosine) * 180) / Math.PI).toFixed(1)}°`,
          },
          { title: 'Random pair', kind: 'number', value: ({ random }) => written(random, 'number') },
        ],
        rows,
      ),
    ),
  );
}

function chart(title: string, cosines: readonly number[], chance: readonly number[]): SVGElement {
  const { width, height, left, right, top, bottom } = SMALL;
  const y = scaleLinear([0, 1], [height - bottom, top]);
  const x = scalePoint(
    cosines.map((_, i) => i),
    [left + 10, width - right - 10],
  );
  const picture = chartPicture(
    SMALL,
    `${title}: cosines from ${written(cosines[0], 'number')} down to ${written(cosines.at(-1), 'number')}`,
  );
  const line = (values: readonly number[], kind: string): SVGElement =>
    svg('polyline', { class: kind, points: values.map((value, i) => `${x(i) ?? 0},${y(value)}`).join(' ') });
  picture.append(
    ...horizontalLines(
      SMALL,
      [0, 0.5, 1].map((tick) => ({ y: y(tick), text: String(tick) })),
    ),
    ...axisNames(SMALL, 'pair of directions, closest first', 'cosine'),
    line(chance, 'chance'),
    line(cosines, 'line'),
    ...cosines.map((value, i) => svg('circle', { cx: x(i) ?? 0, cy: y(value), r: 3, class: 'point' })),
  );
  return picture;
}
