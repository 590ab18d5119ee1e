import { parquetSchema, type FileMetaData, type SchemaTree } from 'hyparquet';
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
  const sound =
    new Set(names).size === names.length &&
    metadata.row_groups.every(
      ({ columns }) =>
        columns.length === wanted.length &&
        columns.every(({ meta_data: column, file_path: elsewhere }, i) => {
          if (column === undefined || elsewhere !== undefined) return false;
          const begin = Number(column.dictionary_page_offset ?? column.data_page_offset);
          const end = begin + Number(column.total_compressed_size);
          return JSON.stringify(column.path_in_schema) === wanted[i] && begin >= 0 && begin <= end && end <= size;
        }),
    );
  if (!sound) throw new InputError(`${path} is damaged: its columns are not where its schema says.`);
  return names;
}

function leaves({ children, path }: SchemaTree): string[] {
  return children.length === 0 ? [JSON.stringify(path)] : children.flatMap(leaves);
}
