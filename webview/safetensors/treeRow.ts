import { element } from '../common/dom.ts';
import type { VisibleRow } from './treeModel.ts';
import { cellsOf, nameOf, rowLabel, shortFile } from './words.ts';

/** safetensors.css has the same. */
export const ROW_HEIGHT = 22;
const INDENT = 14;
/** A header may hold a name of megabytes. */
const LONGEST = 500;

export function rowElement({ row, level, position, size, isExpanded }: VisibleRow, isChosen: boolean): HTMLElement {
  const shape = element('div', {
    class: `tree-row ${row?.type ?? 'loading'}`,
    role: 'treeitem',
    tabindex: -1,
    'aria-level': level,
    'aria-posinset': position,
    'aria-setsize': size,
  });
  if (row === undefined) {
    shape.setAttribute('aria-busy', 'true');
    shape.append(nameCell('…', level));
    return shape;
  }
  const [what, amount, bytes, file] = cellsOf(row);
  shape.setAttribute('aria-label', rowLabel(row).slice(0, LONGEST));
  shape.append(
    nameCell(nameOf(row.label), level),
    // What is seen and what is heard must be the same words (WCAG 2.5.3), which spaces part.
    ' ',
    element('span', { class: 'what' }, what),
    ' ',
    element('span', { class: 'amount' }, amount),
    ' ',
    element('span', { class: 'bytes' }, bytes),
    ' ',
    element('span', { class: 'file', title: file }, shortFile(file)),
  );
  if (row.type === 'group') shape.setAttribute('aria-expanded', String(isExpanded));
  else {
    shape.setAttribute('aria-selected', String(isChosen));
    shape.classList.toggle('missing', row.tensor.dtype === null);
  }
  return shape;
}

function nameCell(label: string, level: number): HTMLElement {
  const name = element('span', { class: 'name', title: label.slice(0, LONGEST) }, label.slice(0, LONGEST));
  const cell = element(
    'span',
    { class: 'name-cell' },
    element('span', { class: 'twistie', 'aria-hidden': 'true' }),
    name,
  );
  cell.style.paddingLeft = `${(level - 1) * INDENT}px`;
  return cell;
}
