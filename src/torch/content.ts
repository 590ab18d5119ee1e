import type { Range } from './place.ts';
import type { Value } from './values.ts';

/** A PyTorch file of either format: what its pickle says, and where the storages are that it names. */
export interface TorchContent {
  readonly value: Value;
  /** The pickles as they stand in the file. */
  readonly pickleBytes: Uint8Array;
  /** @throws Refusal if the file has no storage of this key */
  readonly locate: (key: string) => Range | Promise<Range>;
}
