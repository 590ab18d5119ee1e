import { TensorFile } from '../safetensors/file.ts';
import { readSafetensorsHeader, type HeaderReader } from '../safetensors/readHeader.ts';
import { isTorchFile, readTorchHeader } from './header.ts';

/** A torch file is told by these. */
const START_BYTES = 16;

/**
 * A safetensors file, or one that torch.save wrote: of the latter the pickle is read as data, never executed. The content
 * tells which it is, not the name.
 *
 * @throws InputError if it is neither, or cannot be read
 */
export async function openTensorFile(path: string): Promise<TensorFile> {
  return TensorFile.open(path, async (handle, fileBytes, shown) => {
    const start = new Uint8Array(START_BYTES);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    const reader = isTorchFile(start.subarray(0, bytesRead)) ? readAsTorch : readSafetensorsHeader;
    return reader(handle, fileBytes, shown);
  });
}

const readAsTorch: HeaderReader = async (handle, fileBytes, path) => {
  const header = await readTorchHeader(handle, fileBytes, path);
  return { format: 'torch', header, headerBytes: header.digestBytes };
};
