import { readError } from '../base/errors.ts';
import { openRegular } from '../base/openRegular.ts';
import { TensorFile, type HeaderReader } from '../safetensors/file.ts';
import { isTorchFile, readTorchHeader } from './header.ts';

/**
 * A safetensors file, or one that torch.save wrote: of the latter the pickle is read as data, never executed. The content
 * tells which it is, not the name.
 *
 * @throws InputError if it is neither, or cannot be read
 */
export async function openTensorFile(path: string): Promise<TensorFile> {
  return (await beginsAsTorch(path)) ? TensorFile.open(path, asTorch) : TensorFile.open(path);
}

const asTorch: HeaderReader = async (handle, fileBytes, path) => {
  const header = await readTorchHeader(handle, fileBytes, path);
  return { format: 'torch', header, headerBytes: header.digestBytes };
};

async function beginsAsTorch(path: string): Promise<boolean> {
  const handle = await openRegular(path);
  try {
    const start = new Uint8Array(16);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    return isTorchFile(start.subarray(0, bytesRead));
  } catch (error) {
    throw readError(error, path);
  } finally {
    await handle.close();
  }
}
