import { scaleLinear } from 'd3-scale';
import type { EvaluationView, ViewUnit } from '../../src/editor/evaluation/viewTypes.ts';
import { element, svg, type Child } from '../common/dom.ts';
import { ticksOf } from './scales.ts';

export interface Bar {
  readonly label: string;
  readonly role: string | null;
  readonly value: number | null;
  readonly stderr: number | null;
  readonly text: string;
}

const HEIGHT = 18;
/** Of the picture's own units; it is as wide as there is room. */
const WIDTH = 100;

/** Every task's scores as bars with whiskers of one standard error; the table above holds the same numbers. */
export function barsSection({ rows, columns }: EvaluationView, ticks = 5): Child[] {
  return rows.flatMap(({ name, unit, cells }) => {
    const bars = columns.flatMap(({ label, role, isSwept }, i): Bar[] => {
      const cell = cells[i];
      return isSwept || cell == null ? [] : [{ label, role, value: cell.value, stderr: cell.stderr, text: cell.text }];
    });
    return bars.length < 2 ? [] : [barChart(name, bars, unit, ticks)];
  });
}

/** From zero, so that lengths can be compared. */
export function barChart(name: string, bars: readonly Bar[], unit: ViewUnit, ticks = 5): HTMLElement {
  const most = Math.max(0, ...bars.map(({ value, stderr }) => (value ?? 0) + (stderr ?? 0)));
  const least = Math.min(0, ...bars.map(({ value, stderr }) => (value ?? 0) - (stderr ?? 0)));
  const x = scaleLinear([least, most === least ? 1 : most], [0, WIDTH]).nice(4);
  const [from = 0, to = 1] = x.domain();
  const figure = element('figure', { class: 'bars', 'aria-label': `${name} as bars` }, element('figcaption', {}, name));
  for (const { label, role, value, stderr, text } of bars)
    figure.append(
      element(
        'span',
        { class: 'bar-label' },
        label,
        ...(role === null ? [] : [' · ', element('span', { class: 'role' }, role)]),
      ),
      picture(value, stderr, x, `${label}: ${text}`),
      element('span', { class: 'bar-value' }, text),
    );
  const axis = element('span', { class: 'bar-axis', 'aria-hidden': 'true' });
  for (const { at, text } of ticksOf([from, to], unit, ticks)) {
    const tick = element('span', {}, text);
    tick.style.left = `${x(at)}%`;
    axis.append(tick);
  }
  figure.append(element('span', {}), axis, element('span', {}));
  return figure;
}

function picture(value: number | null, stderr: number | null, x: (value: number) => number, label: string): SVGElement {
  const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, height: HEIGHT, preserveAspectRatio: 'none' };
  const made = svg('svg', { ...size, class: 'bar-picture', role: 'img', 'aria-label': label });
  made.append(svg('line', { x1: x(0), x2: x(0), y1: 0, y2: HEIGHT, class: 'zero' }));
  if (value === null || !Number.isFinite(value)) return made;
  const [start, end] = [Math.min(x(0), x(value)), Math.max(x(0), x(value))];
  made.append(svg('rect', { x: start, width: end - start, y: 3, height: HEIGHT - 6, class: 'score' }));
  if (stderr === null) return made;
  const middle = HEIGHT / 2;
  const [low, high] = [x(value - stderr), x(value + stderr)];
  const line = (x1: number, x2: number, y1: number, y2: number): SVGElement =>
    svg('line', { x1, x2, y1, y2, class: 'whisker' });
  made.append(line(low, high, middle, middle), line(low, low, 5, HEIGHT - 5), line(high, high, 5, HEIGHT - 5));
  return made;
}
