import { UserError } from '../../base/errors.ts';
import { formatBytes } from '../../base/format.ts';

const PAGE_BYTES = 1 << 16;

/** Makes sure that the memory has so many bytes. @throws UserError if it cannot */
export function growMemory(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return;
  try {
    memory.grow(Math.ceil(missing / PAGE_BYTES));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `A tensor needs ${formatBytes(bytes)} of memory at once, which a thread does not get.`,
      'Close other programs; rows of hundreds of millions of elements cannot be worked on.',
      { cause: error },
    );
  }
}
