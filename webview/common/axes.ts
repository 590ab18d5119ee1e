import { svg } from './dom.ts';

/** The frame of a small chart: sizes in pixels. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const SMALL: Frame = { width: 460, height: 200, left: 64, right: 16, top: 24, bottom: 40 };

export function chartPicture({ width, height }: Frame, label: string): SVGElement {
  const picture = svg('svg', { class: 'curve', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
  picture.style.width = `min(100%, ${width}px)`;
  return picture;
}

/** Lines of a grid with their words left of them. */
export function horizontalLines(
  { width, left, right }: Frame,
  ticks: readonly { readonly y: number; readonly text: string }[],
): SVGElement[] {
  return ticks.flatMap(({ y, text }) => [
    svg('line', { x1: left, x2: width - right, y1: y, y2: y, class: 'grid' }),
    svg('text', { x: left - 8, y: y + 4, 'text-anchor': 'end' }, text),
  ]);
}

/** What the axes show, above and below. */
export function axisNames({ width, height, left, right }: Frame, below: string, above: string): SVGElement[] {
  return [
    svg('text', { x: (left + width - right) / 2, y: height - 4, 'text-anchor': 'middle' }, below),
    svg('text', { x: 4, y: 12 }, above),
  ];
}
