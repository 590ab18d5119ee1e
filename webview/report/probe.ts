import { scaleLinear } from 'd3-scale';
import type { ViewProbe, ViewProbeLine, ViewProbePoint } from '../../src/editor/report/viewTypes.ts';
import { axisNames, chartPicture, horizontalLines, SMALL } from '../common/axes.ts';
import { element, svg, type Child } from '../common/dom.ts';
import { disclosure, table, type Column } from '../common/parts.ts';
import { written } from './numbers.ts';

/** The loss of a task along lines through the weights: a bump between the bases, or a minimum before λ = 1, is a warning. */
export function probeSections(probes: readonly ViewProbe[]): Child[] {
  return probes.map(({ task, subtitle, lines }) =>
    element(
      'section',
      { 'aria-label': `Loss of ${task}` },
      element('h2', {}, `The loss of ${task}`),
      element(
        'p',
        { class: 'note' },
        `Mean negative log-likelihood of the right answers, in nats, ± one standard error: lower is better. ${subtitle}.`,
      ),
      element('div', { class: 'charts' }, ...lines.map(lineSection)),
    ),
  );
}

function lineSection(line: ViewProbeLine): HTMLElement {
  const { title, parameter, points, ends } = line;
  const columns: Column<ViewProbePoint>[] = [
    { title: parameter, kind: 'number', value: ({ parameter: at }) => String(at) },
    { title: 'Loss', kind: 'number', value: ({ text }) => text },
    { title: 'Accuracy', kind: 'number', value: ({ accuracy }) => accuracy ?? '–' },
  ];
  return element(
    'section',
    { class: 'small-chart', 'aria-label': title },
    element('h4', {}, title),
    chart(line),
    element('p', { class: 'note' }, `${parameter} = 0: ${ends[0]}; ${parameter} = 1: ${ends[1]}.`),
    disclosure(
      'The same as a table',
      table(title, points.some(({ accuracy }) => accuracy !== null) ? columns : columns.slice(0, 2), points),
    ),
  );
}

function chart({ title, parameter, points }: ViewProbeLine): SVGElement {
  const { width, height, left, right, top, bottom } = SMALL;
  const most = Math.max(...points.map(({ loss, stderr }) => loss + (stderr ?? 0)));
  const y = scaleLinear([0, most > 0 ? most : 1], [height - bottom, top]).nice(4);
  const scales = points.map((point) => point.parameter);
  const x = scaleLinear([Math.min(...scales), Math.max(...scales)], [left + 12, width - right - 12]);
  const picture = chartPicture(
    SMALL,
    `${title}: ${points.map((point) => `${point.text} at ${point.parameter}`).join(', ')}`,
  );
  picture.append(
    ...horizontalLines(
      SMALL,
      y.ticks(4).map((tick) => ({ y: y(tick), text: written(tick, 'number') })),
    ),
    ...axisNames(SMALL, parameter, 'loss'),
    svg('polyline', { class: 'line', points: points.map((one) => `${x(one.parameter)},${y(one.loss)}`).join(' ') }),
  );
  for (const { parameter: at, loss, stderr } of points) {
    const bar = (from: number, to: number, half: number): SVGElement =>
      svg('line', { x1: x(at) - half, x2: x(at) + half, y1: from, y2: to, class: 'whisker' });
    const [high, low] = [y(loss + (stderr ?? 0)), y(loss - (stderr ?? 0))];
    picture.append(
      ...(stderr === null ? [] : [bar(high, low, 0), bar(high, high, 4), bar(low, low, 4)]),
      svg('circle', { cx: x(at), cy: y(loss), r: 3.2, class: 'point' }),
      svg('text', { x: x(at), y: height - bottom + 15, 'text-anchor': 'middle' }, String(at)),
    );
  }
  return picture;
}
