/** Of the processor's cache lines. */
const ALIGNMENT = 64;

/** Places in a memory, one after the other. */
export class Layout {
  /** Where the last of them ends. */
  end: number;

  constructor(begin: number) {
    this.end = begin;
  }

  /** @returns where the next so many bytes begin */
  take(bytes: number): number {
    const begin = Math.ceil(this.end / ALIGNMENT) * ALIGNMENT;
    this.end = begin + bytes;
    return begin;
  }
}
