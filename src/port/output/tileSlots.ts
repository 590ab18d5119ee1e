import { SLOTS } from '../../kernels/lanes/lane.ts';

/** A lane's slots in turn: one tile is read while another is worked on and a third is written. */
export class TileSlots {
  private readonly busy: Promise<void>[] = Array.from({ length: SLOTS }, () => Promise.resolve());
  private turn = 0;

  /** The next slot, as soon as what was in it is done. @throws what failed in it */
  async next(): Promise<number> {
    const slot = this.turn;
    this.turn = (slot + 1) % SLOTS;
    await this.busy[slot];
    return slot;
  }

  /** @param work what still goes on in the slot */
  occupy(slot: number, work: Promise<void>): void {
    this.busy[slot] = work;
    // Whoever asks for the slot, or for the end, hears of it.
    work.catch(() => undefined);
  }

  /** Waits until nothing goes on in any slot. @throws what failed first */
  async finish(): Promise<void> {
    await this.settle();
    await Promise.all(this.busy);
  }

  /** Likewise, whatever has failed: nobody may still read or write the lane's memory. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.busy);
  }
}
