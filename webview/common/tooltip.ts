import { element } from './dom.ts';

/** Words beside what is pointed at or has the keyboard; screen readers have them from the element itself. */
export interface Tooltip {
  readonly show: (beside: Element, lines: readonly string[]) => void;
  readonly hide: () => void;
}

const DISTANCE = 6;

export function tooltip(): Tooltip {
  const box = element('div', { class: 'tooltip', 'aria-hidden': 'true' });
  box.hidden = true;
  document.body.append(box);
  const hide = (): void => void (box.hidden = true);
  // It would stay where it was, over something else.
  window.addEventListener('scroll', hide, { capture: true, passive: true });
  return {
    hide,
    show: (beside, lines) => {
      box.replaceChildren(...lines.map((line) => element('div', {}, line)));
      box.hidden = false;
      const [at, own] = [beside.getBoundingClientRect(), box.getBoundingClientRect()];
      const left = Math.min(Math.max(8, at.left + at.width / 2 - own.width / 2), window.innerWidth - own.width - 8);
      const below = at.bottom + DISTANCE + own.height < window.innerHeight;
      box.style.left = `${Math.max(8, left)}px`;
      box.style.top = `${below ? at.bottom + DISTANCE : at.top - DISTANCE - own.height}px`;
    },
  };
}
