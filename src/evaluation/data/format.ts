import { extname } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { DataFile } from './dataFile.ts';

const FORMATS = {
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  csv: 'csv',
  tsv: 'tsv',
  parquet: 'parquet',
  arrow: 'arrow',
} as const;

export type DataFormat = (typeof FORMATS)[keyof typeof FORMATS];
export const ENDINGS: readonly string[] = Object.keys(FORMATS);

const SAMPLE_BYTES = 65_536;
const BINARY = { parquet: ['PAR1'], arrow: ['ARROW1', '\xff\xff\xff\xff'] } as const;

/** By its ending; where that says nothing, by its content. @throws InputError if neither tells, or they contradict */
export async function formatOf(file: DataFile): Promise<DataFormat> {
  const head = Buffer.from(await file.read(0, Math.min(SAMPLE_BYTES, file.size))).toString('latin1');
  refuseStandIns(head, file.path);
  const ending = extname(file.path).slice(1).toLowerCase();
  const named = ENDINGS.includes(ending) ? FORMATS[ending as keyof typeof FORMATS] : undefined;
  const binary = (['parquet', 'arrow'] as const).find((format) =>
    BINARY[format].some((magic) => head.startsWith(magic)),
  );
  // Arrow streams had no mark of their own before 0.15.
  const contradiction = binary === undefined ? named === 'parquet' : named !== undefined && named !== binary;
  if (contradiction)
    throw new InputError(
      `${file.path} is not what its ending says: it ${binary === undefined ? 'does not begin as one' : `begins as ${binary}`}.`,
    );
  const format = named ?? binary ?? textFormat(head);
  if (format !== undefined) return format;
  throw new InputError(
    `${file.path}: its format is not known.`,
    `Name it by what it is: ${ENDINGS.map((name) => `.${name}`).join(', ')}.`,
  );
}

function textFormat(head: string): DataFormat | undefined {
  const start = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^[[{]/.test(start)) return 'json';
  return /^[^\n\r\0]*\t/.test(start) ? 'tsv' : undefined;
}

/** What stands in the place of data after a download that went wrong. */
function refuseStandIns(head: string, path: string): void {
  if (head.startsWith('version https://git-lfs'))
    throw new InputError(`${path} is a Git LFS pointer, not the data.`, 'Fetch the real file with "git lfs pull".');
  if (/^\s*<(!doctype|html)/i.test(head))
    throw new InputError(`${path} is an HTML page, not the data.`, 'Download the file itself.');
}
