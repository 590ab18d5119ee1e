import { parquetSchema, type ColumnMetaData, type FileMetaData, type SchemaTree } from 'hyparquet';
import { InputError } from '../../base/errors.ts';
import { refusePrototype } from './damage.ts';

/**
 * The names of the top columns, once every row group is known to hold the schema's columns within the file. hyparquet
 * starts to read all columns at once and looks only at those of the schema; what fails in another would end the process.
 *
 * @throws InputError if the file contradicts itself
 */
export function columnsOf(metadata: FileMetaData, path: string, size: number): string[] {
  const schema = parquetSchema(metadata);
  refusePrototype(
    path,
    metadata.schema.map(({ name }) => name),
  );
  const names = schema.children.map(({ element }) => element.name);
  const wanted = leaves(schema);
  let held = 0;
  const sound =
    new Set(names).size === names.length &&
    metadata.row_groups.every(
      ({ columns }) =>
        columns.length === wanted.length &&
        columns.every(({ meta_data: column, file_path: elsewhere }, i) => {
          if (column === undefined || elsewhere !== undefined) return false;
          const { begin, end } = extentOf(column);
          held += end - begin;
          return JSON.stringify(column.path_in_schema) === wanted[i] && begin >= 0 && begin <= end && end <= size;
        }),
    );
  // Columns that are the same bytes would be read as often as the file says.
  if (!sound || held > size) throw new InputError(`${path} is damaged: its columns are not where its schema says.`);
  return names;
}

/** As hyparquet takes it, where a column without a dictionary says that it is at the file's beginning. */
export function extentOf(column: ColumnMetaData): { begin: number; end: number } {
  // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing
  const begin = Number(column.dictionary_page_offset || column.data_page_offset);
  return { begin, end: begin + Number(column.total_compressed_size) };
}

function leaves({ children, path }: SchemaTree): string[] {
  return children.length === 0 ? [JSON.stringify(path)] : children.flatMap(leaves);
}

/** From the schema's root to a column. */
export function pathTo(schema: SchemaTree, names: readonly string[]): SchemaTree[] {
  const path = [schema];
  for (const name of names) {
    const next = path.at(-1)?.children.find(({ element }) => element.name === name);
    if (next !== undefined) path.push(next);
  }
  return path;
}
