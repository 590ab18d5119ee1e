/**
 * Which pairs of ids merge, at which rank: a hash table with open addressing, because a Map of 300,000 pairs needs a
 * number object for each and is several times slower.
 */
export class MergeTable {
  private readonly lefts: Int32Array;
  private readonly rights: Int32Array;
  private readonly ranks: Int32Array;
  private readonly mask: number;
  private readonly shift: number;

  constructor(pairs: number) {
    const bits = Math.ceil(Math.log2(2 * pairs + 2));
    const slots = 2 ** bits;
    this.mask = slots - 1;
    this.shift = 32 - bits;
    this.lefts = new Int32Array(slots);
    this.rights = new Int32Array(slots);
    this.ranks = new Int32Array(slots).fill(-1);
  }

  /** A pair that is listed twice has its last rank. */
  set(left: number, right: number, rank: number): void {
    const slot = this.slotOf(left, right);
    this.lefts[slot] = left;
    this.rights[slot] = right;
    this.ranks[slot] = rank;
  }

  /** −1 where the two do not merge. */
  rankOf(left: number, right: number): number {
    return this.ranks[this.slotOf(left, right)] ?? -1;
  }

  private slotOf(left: number, right: number): number {
    let slot = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b) >>> this.shift;
    while (this.ranks[slot] !== -1 && (this.lefts[slot] !== left || this.rights[slot] !== right))
      slot = (slot + 1) & this.mask;
    return slot;
  }
}
