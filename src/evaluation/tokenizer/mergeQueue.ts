/** Rank and place in one double: 2^21 ranks and 2^32 places fit exactly. */
const PLACES = 2 ** 32;

/** Merges waiting to be carried out, lowest rank first and, among equals, leftmost first: a binary heap. */
export class MergeQueue {
  private keys = new Float64Array(64);
  private length = 0;

  push(rank: number, place: number): void {
    if (this.length === this.keys.length) this.grow();
    const key = rank * PLACES + place;
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.keys[parent] ?? 0;
      if (above <= key) break;
      this.keys[at] = above;
      at = parent;
    }
    this.keys[at] = key;
  }

  /** Takes the first merge out, as a key for `rankOf` and `placeOf`; −1 once nothing waits. */
  pop(): number {
    if (this.length === 0) return -1;
    const first = this.keys[0] ?? -1;
    const last = this.keys[--this.length] ?? 0;
    let at = 0;
    for (let child = 1; child < this.length; child = 2 * at + 1) {
      if (child + 1 < this.length && (this.keys[child + 1] ?? 0) < (this.keys[child] ?? 0)) child++;
      const below = this.keys[child] ?? 0;
      if (last <= below) break;
      this.keys[at] = below;
      at = child;
    }
    this.keys[at] = last;
    return first;
  }

  private grow(): void {
    const keys = new Float64Array(2 * this.length);
    keys.set(this.keys);
    this.keys = keys;
  }
}

export function rankOfKey(key: number): number {
  return Math.floor(key / PLACES);
}

export function placeOfKey(key: number): number {
  return key % PLACES;
}
