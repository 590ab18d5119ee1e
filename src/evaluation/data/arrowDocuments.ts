import { tableFromIPC, Type, type DataType, type Table } from '@uwdata/flechette';
import { yieldToEvents } from '../../base/abort.ts';
import { InputError } from '../../base/errors.ts';
import type { Document } from '../types.ts';
import { checkBatch } from './arrowBatch.ts';
import { messagesOf } from './arrowMessages.ts';
import { refusePrototype, understand } from './damage.ts';
import { checkCount, type Reading } from './dataFile.ts';
import { dateText, plainInteger, timestampText } from './plainValues.ts';

const MILLISECONDS_A_DAY = 86_400_000;
/** By Arrow's TimeUnit. */
const PER_SECOND = [1n, 1_000n, 1_000_000n, 1_000_000_000n] as const;

/** Batch by batch, and none after the limit: the files of `datasets`' cache and of its save_to_disk. */
export async function readArrow({ file, limit, signal }: Reading): Promise<Document[]> {
  const documents: Document[] = [];
  const before: Uint8Array[] = [];
  for await (const { kind, bytes } of messagesOf(file)) {
    await yieldToEvents(signal);
    if (kind === 'schema' || kind === 'dictionary') before.push(bytes);
    if (kind !== 'batch') continue;
    const rows = await understand(file.path, () => {
      const table = tableFromIPC([...before, bytes], { useBigInt: true, useBigIntTimestamp: true });
      for (const [i, column] of table.children.entries())
        for (const batch of column.data)
          checkBatch(batch, bytes.length, `${file.path}, column ${table.names[i]?.toString() ?? i},`);
      return [...rowsOf(table, limit - documents.length, file.path)];
    });
    for (const row of rows) documents.push(row);
    checkCount(file.path, documents.length);
    if (documents.length >= limit) break;
  }
  if (before.length === 0) throw new InputError(`${file.path} holds no Arrow schema.`);
  return documents;
}

function* rowsOf({ schema, children, numRows }: Table, limit: number, path: string): Generator<Document> {
  refusePrototype(
    path,
    schema.fields.map(({ name }) => name),
  );
  const columns = schema.fields.map(({ name, type }, i) => ({ name, type, values: children[i] }));
  const count = Math.min(numRows, limit);
  checkCount(path, count);
  for (let row = 0; row < count; row++)
    yield Object.fromEntries(columns.map(({ name, type, values }) => [name, plain(type, values?.at(row), path)]));
}

function plain(type: DataType, value: unknown, path: string): unknown {
  if (value === null || value === undefined) return null;
  switch (type.typeId) {
    case Type.Date:
      return dateText(Number(value) / MILLISECONDS_A_DAY);
    case Type.Timestamp:
      return timestampText(value as bigint, PER_SECOND[type.unit]);
    case Type.Dictionary:
      return plain(type.dictionary, value, path);
    case Type.List:
    case Type.LargeList:
    case Type.FixedSizeList:
    case Type.ListView:
    case Type.LargeListView: {
      const element = type.children[0].type;
      return Array.from(value as ArrayLike<unknown>, (inner) => plain(element, inner, path));
    }
    case Type.Struct: {
      const fields = type.children;
      refusePrototype(
        path,
        fields.map(({ name }) => name),
      );
      const struct = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(fields.map(({ name, type: inner }) => [name, plain(inner, struct[name], path)]));
    }
    default:
      return typeof value === 'bigint' ? plainInteger(value) : value;
  }
}
