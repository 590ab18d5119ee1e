import { InputError } from '../base/errors.ts';
import { brief } from '../base/quote.ts';
import { CONFIG_FILE } from './adapterConfig.ts';

const MOST_OF_ONE_NAME = 64;

/** Finds which of very many names a module's name is, or ends in after a dot. */
export class ByEnd<T> {
  private readonly values = new Map<string, (readonly [place: number, value: T])[]>();
  private readonly lengths = new Set<number>();

  constructor(entries: Iterable<readonly [name: string, value: T]>) {
    let place = 0;
    for (const [name, value] of entries) {
      const known = this.values.get(name) ?? [];
      if (known.length === MOST_OF_ONE_NAME)
        throw new InputError(`${CONFIG_FILE} says more than ${MOST_OF_ONE_NAME} times what is so of "${brief(name)}".`);
      known.push([place++, value]);
      this.values.set(name, known);
      this.lengths.add(name.length);
    }
  }

  /** The values of all of them, in their order. */
  find(module: string): T[] {
    const found: (readonly [place: number, value: T])[] = [];
    for (let start = 0; ;) {
      if (this.lengths.has(module.length - start)) found.push(...(this.values.get(module.slice(start)) ?? []));
      const dot = module.indexOf('.', start);
      if (dot < 0) return found.sort(([a], [b]) => a - b).map(([, value]) => value);
      start = dot + 1;
    }
  }
}
