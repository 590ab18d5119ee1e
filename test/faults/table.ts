/** One kind of fault: how often it was tried, and how often all promises held. */
export interface Row {
  readonly fault: string;
  readonly tries: number;
  readonly survived: number;
  /** Sources that changed, outputs that are not whole, leftovers that stay, wrong or missing words. */
  readonly lost: number;
  readonly note: string;
}

/** Counts tries; a problem loses its try, and is told at once. */
export class Tally {
  private readonly fault: string;
  private tries = 0;
  private readonly problems: string[] = [];

  constructor(fault: string) {
    this.fault = fault;
  }

  add(problems: readonly string[], which: string): void {
    this.tries++;
    if (problems.length === 0) return;
    this.problems.push(`${which}: ${problems.join('; ')}`);
    console.error(`LOST ${this.fault}, ${which}: ${problems.join('; ')}`);
  }

  get lost(): readonly string[] {
    return this.problems;
  }

  row(note = ''): Row {
    const { fault, tries } = this;
    const lost = this.problems.length;
    console.error(`${new Date().toISOString()} ${fault}: ${tries - lost} of ${tries} survived`);
    return { fault, tries, survived: tries - lost, lost, note };
  }
}

export function tableOf(rows: readonly Row[]): string[] {
  return [
    '| fault | tries | survived | lost | |',
    '| --- | ---: | ---: | ---: | --- |',
    ...rows.map(
      ({ fault, tries, survived, lost, note }) => `| ${fault} | ${tries} | ${survived} | ${lost} | ${note} |`,
    ),
  ];
}
