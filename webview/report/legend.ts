import type { ViewMetric } from '../../src/editor/report/viewTypes.ts';
import { element, svg } from '../common/dom.ts';
import type { Colours } from './colours.ts';
import { written } from './numbers.ts';

const WIDTH = 64;

/** The colours with their numbers. */
export function legend({ label, unit }: ViewMetric, { of, steps }: Colours): HTMLElement {
  const width = steps.length * WIDTH;
  const picture = svg('svg', {
    class: 'heatmap',
    viewBox: `0 0 ${width} 28`,
    width,
    height: 28,
    'aria-hidden': 'true',
  });
  steps.forEach((step, i) => {
    const swatch = svg('rect', { x: i * WIDTH + 1, y: 0, width: WIDTH - 2, height: 10, class: 'cell' });
    swatch.style.fill = of(step);
    const text = svg('text', { x: (i + 0.5) * WIDTH, y: 23, 'text-anchor': 'middle' }, written(step, unit));
    picture.append(swatch, text);
  });
  return element('div', { class: 'legend' }, element('span', { class: 'role' }, label), picture);
}
