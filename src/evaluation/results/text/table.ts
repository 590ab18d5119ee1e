/** The texts under one another: the first `left` of each row at the left, the others at the right. */
export function aligned(rows: readonly (readonly string[])[], left: number, gap = '  '): string[] {
  const widths = columnWidths(rows);
  return rows.map((row) =>
    row
      .map((text, i) => (i < left ? text + padding(text, widths[i]) : padding(text, widths[i]) + text))
      .join(gap)
      .trimEnd(),
  );
}

export function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const count = Math.max(0, ...rows.map(({ length }) => length));
  return Array.from({ length: count }, (_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ''))));
}

function padding(text: string, width = 0): string {
  return ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function widthOf(text: string): number {
  return Array.from(text).length;
}

/** At most so wide, with an ellipsis in the middle: names of tasks and models differ at both ends. */
export function shortened(text: string, width: number): string {
  const points = Array.from(text);
  if (points.length <= width) return text;
  const end = Math.floor((width - 1) / 2);
  return `${points.slice(0, width - 1 - end).join('')}…${points.slice(points.length - end).join('')}`;
}

/** Lines of whole words. Lines after the first are indented by two more. */
export function wrapped(text: string, width: number, indent = '  '): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const isEmpty = line.trim() === '';
    if (!isEmpty && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else line += isEmpty ? word : ` ${word}`;
  }
  return [...lines, line];
}
