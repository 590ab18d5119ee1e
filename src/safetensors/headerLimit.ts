/** What safetensors 0.8.0 reads at most (`MAX_HEADER_SIZE`). */
const FORMAT_LIMIT = 100_000_000;

let limit = FORMAT_LIMIT;

/**
 * The longest header that this process reads. A header takes some fifteen times its size in memory, and whoever lists
 * folders of strangers, in a process that others share, wants less than the format allows.
 */
export function headerLimit(): number {
  return limit;
}

export function limitHeaders(bytes: number): void {
  limit = Math.min(bytes, FORMAT_LIMIT);
}
