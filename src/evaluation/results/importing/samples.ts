import { InputError } from '../../../base/errors.ts';
import { brief } from '../../../base/quote.ts';
import { issueText } from '../../../base/schemaIssue.ts';
import { withDataFile, type DataFile } from '../../data/dataFile.ts';
import { decode, linesOf } from '../../data/lines.ts';
import { parseJsonAt } from '../../data/pythonJson.ts';
import type { MetricValue } from '../../types.ts';
import type { ImportedItem } from './imported.ts';
import { itemOf, ROW, valuesOf, type Row } from './sampleRow.ts';

export interface KnownOfTask {
  /** In the order of the task; needed before 0.4.8, whose lines do not name theirs but come filter by filter. */
  readonly filters?: readonly string[] | undefined;
  /** Needed before 0.4.8 too. */
  readonly metrics?: readonly string[] | undefined;
}

interface Draft {
  readonly item: Omit<ImportedItem, 'values'>;
  readonly values: Map<string, MetricValue>;
  lines: number;
}

/**
 * The items of a samples file, each with the values of all its lines. Before 0.4.3 it is one JSON list in spite of its
 * ending.
 *
 * @throws InputError with the line, or the place in the list; CancelledError
 */
export async function readSamples(path: string, known: KnownOfTask, signal: AbortSignal): Promise<ImportedItem[]> {
  const drafts = new Map<number, Draft>();
  await withDataFile(path, async (file) => {
    for await (const { value, place } of rowsOf(file, signal)) add(drafts, rowFrom(value, place), known, place);
  });
  if (drafts.size === 0) throw new InputError(`${path} holds no samples.`);
  const items = Array.from(drafts.values(), ({ item, values }) => ({ ...item, values: Object.fromEntries(values) }));
  return items.sort((a, b) => a.docId - b.docId);
}

function add(drafts: Map<number, Draft>, row: Row, { filters, metrics }: KnownOfTask, place: string): void {
  const item = itemOf(row);
  const draft = drafts.get(row.doc_id) ?? { item, values: new Map<string, MetricValue>(), lines: 0 };
  drafts.set(row.doc_id, draft);
  const filter = row.filter ?? filters?.[draft.lines] ?? (draft.lines === 0 ? 'none' : `filter ${draft.lines + 1}`);
  draft.lines++;
  if (draft.item.docHash !== item.docHash)
    throw new InputError(`${place}: document ${row.doc_id} is not the one that an earlier line has under this number.`);
  for (const [key, value] of valuesOf(row, filter, metrics)) {
    if (draft.values.has(key))
      throw new InputError(
        `${place}: document ${row.doc_id} has ${brief(key)} twice.`,
        'Are two runs joined in this file?',
      );
    draft.values.set(key, value);
  }
}

export function rowFrom(value: unknown, place: string): Row {
  const { data, error } = ROW.safeParse(value);
  if (data) return data;
  throw new InputError(`${place}: ${brief(issueText(error))}.`);
}

export async function* rowsOf(file: DataFile, signal: AbortSignal): AsyncGenerator<{ value: unknown; place: string }> {
  for await (const { number, text } of linesOf({ file, signal })) {
    if (text.trimStart().startsWith('[')) {
      const whole = parseJsonAt(file.path, decode(await file.read(0, file.size), file.path));
      for (const [i, value] of (Array.isArray(whole) ? whole : []).entries())
        yield { value, place: `${file.path}, sample ${i + 1}` };
      return;
    }
    const place = `${file.path}, line ${number}`;
    yield { value: parseJsonAt(place, text), place };
  }
}
