import { element } from './dom.ts';

/** Words beside what is pointed at or has the keyboard; screen readers have them from the element itself. */
export interface Tooltip {
  readonly show: (beside: Element, lines: readonly string[]) => void;
  readonly hide: () => void;
}

const DISTANCE = 6;
const MARGIN = 8;

export function tooltip(): Tooltip {
  const box = element('div', { class: 'tooltip', 'aria-hidden': 'true' });
  box.hidden = true;
  document.body.append(box);
  let anchor: Element | undefined;
  const hide = (): void => {
    anchor = undefined;
    box.hidden = true;
  };
  const place = (): void => {
    if (anchor === undefined) return;
    const [at, own] = [anchor.getBoundingClientRect(), box.getBoundingClientRect()];
    const most = window.innerWidth - own.width - MARGIN;
    const left = Math.max(MARGIN, Math.min(at.left + at.width / 2 - own.width / 2, most));
    const isBelow = at.bottom + DISTANCE + own.height < window.innerHeight;
    box.style.left = `${left}px`;
    box.style.top = `${isBelow ? at.bottom + DISTANCE : at.top - DISTANCE - own.height}px`;
  };
  // Moving the keyboard may scroll.
  window.addEventListener('scroll', place, { capture: true, passive: true });
  return {
    hide,
    show: (beside, lines) => {
      anchor = beside;
      box.replaceChildren(...lines.map((line) => element('div', {}, line)));
      box.hidden = false;
      place();
    },
  };
}
