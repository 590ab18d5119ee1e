import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { LIMITS } from './limits.ts';
import type { Range } from './place.ts';
import { readAt, type Source } from './positional.ts';
import { quote, Refusal, refuse } from './refusal.ts';

/** The directory is one run of small records; the headers before the entries stand alone, among tensors' bytes. */
const DIRECTORY_BYTES = 1 << 16;
const LOCAL_BYTES = 256;

/** Positional reads for yauzl. Offsets come from the file, so they are checked before the system sees them. */
class CheckedReader extends RandomAccessReader {
  /** How much is read at once, as records are smaller than what is worth a call to the system. */
  aheadBytes = DIRECTORY_BYTES;
  private readonly source: Source;
  private ahead: Uint8Array = new Uint8Array(0);
  private aheadAt = 0;

  constructor(source: Source) {
    super();
    this.source = source;
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.fill(target.subarray(offset, offset + length), position).then(
      () => callback(null),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }

  private async fill(target: Uint8Array, position: number): Promise<void> {
    const end = position + target.length;
    if (!(position >= 0 && end <= this.source.fileBytes)) refuse('its zip directory points beyond its end');
    if (position < this.aheadAt || end > this.aheadAt + this.ahead.length) {
      const length = Math.max(target.length, Math.min(this.aheadBytes, this.source.fileBytes - position));
      this.ahead = await readAt(this.source, position, length);
      this.aheadAt = position;
    }
    target.set(this.ahead.subarray(position - this.aheadAt, end - this.aheadAt));
  }
}

/** The directory of a zip archive; only entries that are stored as they are can be located. */
export class ZipDirectory {
  private readonly zip: ZipFile;
  private readonly entries: ReadonlyMap<string, Entry>;

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.zip = zip;
    this.entries = entries;
  }

  /** @throws Refusal for a damaged directory, names that leave the archive, and two entries of one name */
  static async read(source: Source): Promise<ZipDirectory> {
    const reader = new CheckedReader(source);
    const options = { autoClose: false, strictFileNames: true };
    const opening = fromRandomAccessReaderPromise(reader, source.fileBytes, options);
    const zip = await refusingFaults(opening);
    if (zip.entryCount > LIMITS.zipEntries) refuse(`its zip directory has ${zip.entryCount} entries`);
    const entries = await refusingFaults(readEntries(zip));
    reader.aheadBytes = LOCAL_BYTES;
    return new ZipDirectory(zip, entries);
  }

  get names(): Iterable<string> {
    return this.entries.keys();
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** Where the bytes of an entry stand, as both of its headers say; @throws Refusal if they are compressed. */
  async locate(name: string): Promise<Range> {
    const entry = this.entries.get(name) ?? refuse(`its zip archive has no entry ${quote(name)}`);
    if (entry.compressionMethod !== 0 || entry.isEncrypted())
      refuse(`its zip entry ${quote(name)} is compressed or encrypted`);
    const local = await refusingFaults(this.zip.readLocalFileHeaderPromise(entry));
    if (!local.fileName.equals(entry.fileNameRaw) || local.compressionMethod !== 0)
      refuse(`the two headers of its zip entry ${quote(name)} differ`);
    return { begin: local.fileDataStart, end: local.fileDataStart + entry.compressedSize };
  }
}

async function readEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    if (entries.has(name)) refuse(`its zip archive has two entries of the name ${quote(name)}`);
    entries.set(name, entry);
  }
  return entries;
}

/** yauzl's errors are about the archive, and plain ones; a fault of the disk keeps its own words. */
async function refusingFaults<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    throw new Refusal(`its zip archive is damaged (${quote(error.message)})`);
  }
}
