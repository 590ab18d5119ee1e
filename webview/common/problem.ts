import { element, render } from './dom.ts';
import { button } from './ui.ts';

/** A page that has nothing to show, and how to try again. */
export function renderProblem(title: string, message: string, onRetry: () => void): void {
  render(
    element('h1', {}, title),
    element('p', { role: 'alert' }, message),
    element('div', { class: 'actions' }, button('Try Again', 'primary', onRetry)),
  );
}
