/** Bytes that are read as an open file is. */
export class MemoryHandle {
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    const part = this.bytes.subarray(position, position + length);
    target.set(part, offset);
    return Promise.resolve({ bytesRead: part.length });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
