/**
 * What a hostile file can make the reader do. Each is far above what torch.save writes for a hundred thousand tensors,
 * and all of them together cost some hundred megabytes and a second.
 */
export const LIMITS = {
  pickleBytes: 64 * 1024 * 1024,
  opcodes: 5_000_000,
  /** Objects that are kept: tuples, lists, dicts, tensors, floats. */
  objects: 1_000_000,
  memo: 1_500_000,
  /** Of the pickle, for each object and each value in the memo: torch.save writes nine. A few are free. */
  bytesEach: 4,
  free: 1000,
  stack: 100_000,
  marks: 1000,
  /** Containers within one another, as far as it can be seen while they are filled; nothing here recurses. */
  depth: 100,
  stringBytes: 1024 * 1024,
  globalBytes: 256,
  dimensions: 8,
  zipEntries: 100_000,
} as const;
