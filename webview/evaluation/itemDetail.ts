import type { ViewChoice, ViewItemDetail } from '../../src/editor/evaluation/viewTypes.ts';
import { element, type Child } from '../common/dom.ts';
import { table } from '../common/parts.ts';

/** An item's prompt as the model saw it, and what both columns made of it. */
export function itemSection(detail: ViewItemDetail): HTMLElement {
  const { prompt, target, choices, texts, columns } = detail;
  const hasTarget = choices.some(({ isTarget }) => isTarget);
  return element(
    'div',
    { class: 'item-detail' },
    element('pre', { class: 'prompt', tabindex: 0, 'aria-label': 'Prompt' }, prompt),
    ...(hasTarget ? [] : [element('p', {}, element('span', { class: 'role' }, 'Answer: '), target)]),
    ...(choices.length === 0 ? [] : [choiceTable(detail)]),
    ...texts.flatMap((own, i): Child[] =>
      own.length === 0
        ? []
        : [element('p', {}, element('span', { class: 'role' }, `${columns[i] ?? ''} wrote: `), own.join(' · '))],
    ),
  );
}

function choiceTable({ columns, choices }: ViewItemDetail): HTMLElement {
  return table(
    'Log-probabilities of every choice',
    [
      {
        title: 'Choice',
        kind: 'words',
        value: ({ text, isTarget }: ViewChoice) => `${text}${isTarget ? ' ✓ right' : ''}`,
      },
      ...columns.map((label, i) => ({
        title: label,
        kind: 'number' as const,
        value: ({ logProbabilities, isBest }: ViewChoice): Child => {
          const value = logProbabilities[i];
          const text = value == null ? '–' : value.toFixed(3).replace('-', '−');
          return isBest[i] === true ? element('strong', {}, `${text} likeliest`) : text;
        },
      })),
    ],
    choices,
  );
}
