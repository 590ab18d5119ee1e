import { Type, type DataType, type Field } from '@uwdata/flechette';
import { yieldToEvents } from '../../base/abort.ts';
import { InputError } from '../../base/errors.ts';
import type { Document } from '../types.ts';
import { ArrowBatches, type Taken } from './arrow/batches.ts';
import { messagesOf } from './arrowMessages.ts';
import { understand } from './damage.ts';
import { checkCount, checkRows, type Reading } from './dataFile.ts';
import { dateText, plainInteger, timestampText } from './plainValues.ts';

const MILLISECONDS_A_DAY = 86_400_000;
/** By Arrow's TimeUnit. */
const PER_SECOND = [1n, 1_000n, 1_000_000n, 1_000_000_000n] as const;

/** Batch by batch, and none after the limit: the files of `datasets`' cache and of its save_to_disk. */
export async function readArrow({ file, limit, signal }: Reading): Promise<Document[]> {
  const documents: Document[] = [];
  const batches = new ArrowBatches(file);
  const take = (): void => {
    const { columns, rows } = batches.take();
    const count = Math.min(rows, limit - documents.length);
    checkCount(file.path, documents.length + count);
    checkRows(file, documents.length + count);
    for (const row of rowsOf(batches.fields, columns, count)) documents.push(row);
  };
  for await (const message of messagesOf(file)) {
    await yieldToEvents(signal);
    await understand(file.path, () => {
      batches.add(message);
      if (batches.areWorthTaking || documents.length + batches.rows >= limit) take();
    });
    if (documents.length >= limit) break;
  }
  if (!batches.hasSchema) throw new InputError(`${file.path} holds no Arrow schema.`);
  if (documents.length < limit) await understand(file.path, take);
  return documents;
}

function* rowsOf(fields: readonly Field[], columns: Taken['columns'], count: number): Generator<Document> {
  /** Rows that have the same entry of a dictionary share it. */
  const shared = new Map<unknown, unknown>();
  const cells = fields.map(({ name, type }, i) => ({ name, type, values: columns[i]?.[Symbol.iterator]() }));
  for (let row = 0; row < count; row++)
    yield Object.fromEntries(cells.map(({ name, type, values }) => [name, plain(type, values?.next().value, shared)]));
}

function plain(type: DataType, value: unknown, shared: Map<unknown, unknown>): unknown {
  if (value === null || value === undefined) return null;
  switch (type.typeId) {
    case Type.Date:
      return dateText(Number(value) / MILLISECONDS_A_DAY);
    case Type.Timestamp:
      return timestampText(value as bigint, PER_SECOND[type.unit]);
    case Type.Dictionary: {
      if (typeof value !== 'object') return plain(type.dictionary, value, shared);
      if (!shared.has(value)) shared.set(value, plain(type.dictionary, value, shared));
      return shared.get(value);
    }
    case Type.List:
    case Type.LargeList:
    case Type.FixedSizeList:
    case Type.ListView:
    case Type.LargeListView: {
      const [{ type: element }] = type.children as readonly [Field];
      return Array.from(value as ArrayLike<unknown>, (inner) => plain(element, inner, shared));
    }
    case Type.Struct: {
      const struct = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        type.children.map(({ name, type: inner }) => [name, plain(inner, struct[name], shared)]),
      );
    }
    default:
      return typeof value === 'bigint' ? plainInteger(value) : value;
  }
}
