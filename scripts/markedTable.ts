import { format } from 'prettier';

/** A page with the table between its marks. @throws Error if it has lost them */
export async function withTable(page: string, mark: string, table: string): Promise<string> {
  const [beginMark, endMark] = [`<!-- ${mark}: npm run readme -->`, `<!-- /${mark} -->`];
  const [begin, end] = [page.indexOf(beginMark), page.indexOf(endMark)];
  if (begin < 0 || end < begin) throw new Error(`the page has lost the marks of its table (${mark})`);
  const formatted = await format(table, { parser: 'markdown', printWidth: 120 });
  return `${page.slice(0, begin + beginMark.length)}\n\n${formatted}\n${page.slice(end)}`;
}
