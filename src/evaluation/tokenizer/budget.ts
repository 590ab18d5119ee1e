/** Characters that all parts together may make of a text, and so many for each of its own. */
const FREE = 1_000_000;
const PER_CHARACTER = 20;
/** Steps of a pattern times places of a text, at once: a byte each. */
const MOST_AT_ONCE = 40_000_000;
const WORK_PER_CHARACTER = 10;

/** What a text became too long by. The pipeline says of which tokenizer. */
export class TooLong extends Error {
  override readonly name = 'TooLong';
}

/** How much one text may grow, and how long it may take: each part of a tokenizer may repeat what the last one made. */
export class Budget {
  private left = FREE;

  begin(characters: number): void {
    this.left = FREE + PER_CHARACTER * characters;
  }

  /** @throws TooLong */
  spend(characters: number): void {
    this.left -= characters;
    if (this.left < 0) throw new TooLong('its parts make too much of it');
  }

  /** @throws TooLong */
  work(steps: number): void {
    if (steps > MOST_AT_ONCE) throw new TooLong('it is too long for one of its patterns');
    this.spend(steps / WORK_PER_CHARACTER);
  }
}
