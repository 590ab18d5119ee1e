import type { FileHandle } from 'node:fs/promises';
import type { Header, TensorEntry } from '../safetensors/header.ts';
import type { TorchContent } from './content.ts';
import { readLegacyFormat } from './legacyFormat.ts';
import { PROTO } from './opcodes.ts';
import { placeTensor, type Range } from './place.ts';
import { readAt, type Source } from './positional.ts';
import { namingFile, refuse } from './refusal.ts';
import { findStateDict, type StateDict } from './stateDict.ts';
import { readZipFormat } from './zipFormat.ts';

/** What a PyTorch file says of its tensors, in the words of a safetensors header. */
export interface TorchHeader extends Header {
  /** Always empty: a state dict has no texts of its own. */
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their bytes. Tied tensors share theirs. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Where the first tensor's bytes begin. Before and between the tensors stand pickles and zip headers. */
  readonly dataStart: number;
  /** The pickles as they stand in the file: they identify the header. */
  readonly digestBytes: Uint8Array;
  /** The entry of the file's dict that the tensors were found in, unless they stand in the dict itself. */
  readonly wrapper: string | undefined;
  /** Names of what stands beside the tensors and was not read. */
  readonly ignored: readonly string[];
}

const ZIP = [0x50, 0x4b, 0x03, 0x04];

/** Whether a file begins as torch.save's files do: as a zip archive or as a pickle. Other zips and pickles do too. */
export function isTorchFile(start: Uint8Array): boolean {
  const [first, protocol = 0] = start;
  return ZIP.every((byte, i) => start[i] === byte) || (first === PROTO && protocol >= 2 && protocol <= 5);
}

/**
 * Finds the tensors of a file that torch.save wrote, in either of its formats. The pickle is read as data by a
 * whitelist of opcodes and names: nothing is executed, nothing imported, and no tensor's bytes are read.
 *
 * @throws InputError naming the file and the reason, for whatever is not a state dict of contiguous tensors
 */
export async function readTorchHeader(handle: FileHandle, fileBytes: number, path: string): Promise<TorchHeader> {
  const source = { handle, fileBytes, path };
  return namingFile(path, async () => {
    const content = await readContent(source);
    const { tensors, wrapper, ignored } = findStateDict(content.value);
    const entries = await placeTensors(tensors, content);
    const dataStart = entries.reduce((first, { begin }) => Math.min(first, begin), fileBytes);
    const named = new Map(entries.map((entry) => [entry.name, entry]));
    return {
      metadata: new Map(),
      tensors: named,
      dataStart,
      fileBytes,
      digestBytes: content.pickleBytes,
      wrapper,
      ignored,
    };
  });
}

async function readContent(source: Source): Promise<TorchContent> {
  const start = await readAt(source, 0, Math.min(source.fileBytes, 4));
  if (!isTorchFile(start)) return refuse('it is not a PyTorch file');
  return start[0] === PROTO ? readLegacyFormat(source) : readZipFormat(source);
}

async function placeTensors(tensors: StateDict['tensors'], content: TorchContent): Promise<TensorEntry[]> {
  const entries: TensorEntry[] = [];
  const ranges = new Map<string, Range>();
  for (const [name, tensor] of tensors) {
    const { key } = tensor.storage;
    const range = ranges.get(key) ?? (await content.locate(key));
    ranges.set(key, range);
    entries.push(placeTensor(name, tensor, range));
  }
  return entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
}
